package packets

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMiddle: connections whose beginning was not captured. What follows a
// pair may show that its response was for a request before it.
func TestMiddle(t *testing.T) {
	behind := func(k *talk, drop func(packet) bool) *talk {
		var kept []packet
		for _, p := range k.packets {
			if !drop(p) {
				kept = append(kept, p)
			}
		}
		k.packets = kept
		return k
	}
	requestA := func(p packet) bool { return p.client && p.data == getA }
	for _, c := range []struct {
		name string
		talk *talk
		want []string
	}{
		{"one after the other", newTalk().asks(getA).answers(okA).asks(getB).answers(okB).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}},
		{"byte by byte", bytewise().asks(getA).answers(okA).asks(getB).answers(okB).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}},
		{"first a keep-alive probe", probed(newTalk(), true).asks(getA).answers(okA).asks(getB).answers(okB).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}},
		{"first the server's keep-alive probe", probed(newTalk(), false).asks(getA).answers(okA).asks(getB).answers(okB).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}},
		{"the second answer is captured before the first", swappedAnswers(),
			[]string{`GET /a > - (gap)`, `GET /b > - (gap)`, `- > 201 "bb" (request before capture)`}},
		{"several at once", newTalk().asks(getA + getB + getC).answers(okA + okB + okC).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`, `GET /c > 202 "cc"`}},
		{"the answer is captured first", newTalk().say(false, ack, okA).say(true, ack, getA),
			[]string{`- > 200 "aa" (request before capture)`, `GET /a > - (response after capture)`}},
		{"begins with an answer", behind(newTalk().asks(getA).answers(okA).asks(getB).answers(okB).shut(), requestA),
			[]string{`- > 200 "aa" (request before capture)`, `GET /b > 201 "bb"`}},
		{"begins behind the first of two sent at once", behind(newTalk().say(true, ack, getA).say(true, ack, getB).answers(okA+okB).shut(), requestA),
			[]string{`GET /b > 200 "aa" (request before capture)`, `- > 201 "bb" (request before capture)`}},
		{"the same, and the second answer is lost", behind(newTalk().say(true, ack, getA).say(true, ack, getB).answers(okA).answers(okB).asks(getC).answers(okC).shut(),
			func(p packet) bool { return requestA(p) || p.data == okB }),
			[]string{`GET /b > 200 "aa" (request before capture)`, `GET /c > 202 "cc"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := readLines(t, c.talk.file(c.talk.packets), Options{})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("exchanges (-want +got):\n%s", diff)
			}
		})
	}
}

// swappedAnswers is a conversation whose second answer was captured first of all.
func swappedAnswers() *talk {
	k := newTalk().asks(getA).answers(okA).asks(getB).answers(okB).shut()
	answer := slices.IndexFunc(k.packets, func(p packet) bool { return p.data == okB })
	second := k.packets[answer]
	k.packets = slices.Insert(slices.Delete(k.packets, answer, answer+1), 0, second)
	return k
}

// probed adds a keep-alive probe, which repeats the number before the next one, and
// its answer.
func probed(k *talk, client bool) *talk {
	own := index(client)
	k.seq[own]--
	k.say(client, ack, "")
	k.seq[own]++
	return k.say(!client, ack, "")
}

// TestAnswerCapturedFirst: two cards may hand a request and its answer over in
// the wrong order, also where both are the first that is seen.
func TestAnswerCapturedFirst(t *testing.T) {
	k := newTalk().say(true, ack, getA).say(false, ack, okA)
	k.packets[0], k.packets[1] = k.packets[1], k.packets[0]
	got, _ := readLines(t, k.file(k.packets), Options{})
	if diff := cmp.Diff([]string{`GET /a > 200 "aa"`}, got); diff != "" {
		t.Errorf("exchanges (-want +got):\n%s", diff)
	}
	// So are the acknowledgements, and the one that follows the answer.
	k = newTalk().asks(getA).answers(okA).asks(getB).answers(okB).asks(getC).answers(okC).shut()
	p := k.packets
	p[0], p[1], p[2], p[3] = p[2], p[3], p[0], p[1]
	got, _ = readLines(t, k.file(p), Options{})
	if diff := cmp.Diff([]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`, `GET /c > 202 "cc"`}, got); diff != "" {
		t.Errorf("exchanges (-want +got):\n%s", diff)
	}
}

// TestReusedUnseen: a connection between the same ends as one before it, whose SYN
// was not captured, is not that one.
func TestReusedUnseen(t *testing.T) {
	ends := map[string]func(*talk) *talk{
		"closed": (*talk).shut,
		"reset":  func(k *talk) *talk { return k.say(false, rst, "") },
	}
	for name, end := range ends {
		for _, ahead := range []uint32{1<<32 - 1<<21, 1 << 22} {
			k := end(newTalk().open().asks(getA).answers(okA))
			k.seq[0] += ahead
			k.seq[1] -= ahead
			k.asks(getB).answers(okB).asks(getC).answers(okC).shut()
			got, ledger := readLines(t, k.file(k.packets), Options{})
			if diff := cmp.Diff([]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`, `GET /c > 202 "cc"`}, got); diff != "" {
				t.Errorf("%s, %d ahead: exchanges (-want +got):\n%s", name, int32(ahead), diff)
			}
			if n := ledger.Account("connections").Total; n != 2 {
				t.Errorf("%s, %d ahead: %d connections", name, int32(ahead), n)
			}
		}
	}
}

// TestChallenged: a server that still knows an older connection answers a SYN with
// that one's numbers, is told better, and is asked again.
func TestChallenged(t *testing.T) {
	k := newTalk()
	first := k.seq
	k.say(true, syn, "")
	k.seq = [2]uint32{first[0] + 900000, first[1] + 700000}
	k.say(false, ack, "").say(true, rst, "")
	k.seq = first
	k.open().asks(getA).answers(okA).say(false, rst, "")
	got, ledger := readLines(t, k.file(k.packets), Options{})
	if diff := cmp.Diff([]string{`GET /a > 200 "aa"`}, got); diff != "" {
		t.Errorf("exchanges (-want +got):\n%s", diff)
	}
	if n := ledger.Account("missing bytes").Total; n != 0 {
		t.Errorf("%d bytes are missing", n)
	}
}
