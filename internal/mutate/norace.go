//go:build !race

package mutate

// Raced: the race detector is on, which takes many times the memory.
const Raced = false
