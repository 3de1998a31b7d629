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
	var first time.Time
	var late []float64
	var results []*vegeta.Result
	for r := range attacker.Attack(targeter, vegeta.Rate{Freq: rate, Per: time.Second}, d, "lateness") {
		results = append(results, r)
		if first.IsZero() || r.Timestamp.Before(first) {
			first = r.Timestamp
		}
	}
	for _, r := range results {
		due := first.Add(time.Duration(r.Seq) * time.Second / time.Duration(rate))
		late = append(late, float64(r.Timestamp.Sub(due).Nanoseconds())/1000)
	}
	if err := json.NewEncoder(os.Stdout).Encode(late); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
