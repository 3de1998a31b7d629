// Command vegeta attacks a URL at a constant rate with vegeta's library and
// prints how late each request left, in microseconds, as a JSON array.
//
//	vegeta URL RATE SECONDS
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: vegeta URL RATE SECONDS")
		os.Exit(2)
	}
	rate, errRate := strconv.Atoi(os.Args[2])
	seconds, errSeconds := strconv.Atoi(os.Args[3])
	if errRate != nil || errSeconds != nil {
		fmt.Fprintln(os.Stderr, "vegeta: RATE and SECONDS are whole numbers")
		os.Exit(2)
	}
	attack(os.Args[1], rate, time.Duration(seconds)*time.Second)
}

func attack(url string, rate int, d time.Duration) {
	targeter := vegeta.NewStaticTargeter(vegeta.Target{Method: "GET", URL: url})
	attacker := vegeta.NewAttacker(vegeta.Connections(64))
	// When the attack began is not told. vegeta never sends early, so the earliest
	// beginning that any request allows is its best case.
	var began time.Time
	var results []*vegeta.Result
	due := func(r *vegeta.Result) time.Duration { return time.Duration(r.Seq) * time.Second / time.Duration(rate) }
	for r := range attacker.Attack(targeter, vegeta.Rate{Freq: rate, Per: time.Second}, d, "lateness") {
		results = append(results, r)
		if at := r.Timestamp.Add(-due(r)); began.IsZero() || at.Before(began) {
			began = at
		}
	}
	var late []float64
	for _, r := range results {
		late = append(late, float64(r.Timestamp.Sub(began.Add(due(r))).Nanoseconds())/1000)
	}
	if err := json.NewEncoder(os.Stdout).Encode(late); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
