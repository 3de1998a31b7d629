package mapping

import (
	"errors"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/expression"
	"parallax/internal/literal"
)

// Sentinel is a value that stands for something else: what the old store wrote for
// it, and what the new one does. nil is null.
type Sentinel struct {
	Old *literal.Text `yaml:"old" json:"old"`
	New *literal.Text `yaml:"new" json:"new"`
}

// sentinel is a pair of values, each with the cells that it spells.
type sentinel struct{ old, new spelling }

// spelling is a value's text; times are the cells of each class that it spells.
type spelling struct {
	null  bool
	text  string
	times map[snapshot.Class]string
}

func compileSentinels(list []Sentinel) ([]sentinel, error) {
	var out []sentinel
	for _, s := range list {
		if s.Old == nil && s.New == nil {
			return nil, errors.New("sentinels: null and null are equal as they stand")
		}
		out = append(out, sentinel{spell(s.Old), spell(s.New)})
	}
	return out, nil
}

// spell reads a value, also as a date or time with a blank in place of the T.
func spell(value *literal.Text) spelling {
	if value == nil {
		return spelling{null: true}
	}
	s := spelling{text: string(*value), times: map[snapshot.Class]string{}}
	for _, class := range []snapshot.Class{snapshot.Date, snapshot.WallTime, snapshot.Instant} {
		if at, err := expression.ParseTime(class, s.text); err == nil {
			s.times[class] = string(at)
		}
	}
	return s
}

func (s *spelling) is(class snapshot.Class, c []byte) bool {
	if s.null || class == snapshot.Null {
		return s.null && class == snapshot.Null
	}
	if at, ok := s.times[class]; ok && at == string(c) {
		return true
	}
	return wholeSeconds(string(snapshot.AppendText(nil, class, c))) == wholeSeconds(s.text)
}

// wholeSeconds takes zeros behind the point off a date and time that is none, such
// as 0000-00-00 00:00:00.000, which MySQL writes with its column's digits.
func wholeSeconds(text string) string {
	const clock = len("0000-00-00 00:00:00")
	if len(text) > clock && text[4] == '-' && text[10] == ' ' && text[clock] == '.' && strings.Trim(text[clock+1:], "0") == "" {
		return text[:clock]
	}
	return text
}

// isSentinel reports whether two cells are a declared pair.
func (j *Judge) isSentinel(oldClass snapshot.Class, old []byte, newClass snapshot.Class, new []byte) bool {
	for i := range j.sentinels {
		if s := &j.sentinels[i]; s.old.is(oldClass, old) && s.new.is(newClass, new) {
			return true
		}
	}
	return false
}
