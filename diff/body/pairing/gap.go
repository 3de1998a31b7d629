package pairing

// gap is a stretch in which nothing is equal and one side is longer. Its rows are
// the shorter side's, so that ties do not depend on which side is called old.
type gap struct {
	cost          Cost
	i, j          int
	rows, columns int
	flipped       bool // the rows are the new side's
	pair          []int
	least         []int // of what is left from each pair of positions on
}

// fill reports false where the work does not suffice.
func (g *gap) fill() bool {
	g.pair = make([]int, g.rows*g.columns)
	for r := range g.rows {
		for c := range g.columns {
			cost, ok := g.pairCost(r, c)
			if !ok {
				return false
			}
			g.pair[r*g.columns+c] = cost
		}
	}
	g.least = make([]int, (g.rows+1)*(g.columns+1))
	for r := g.rows; r >= 0; r-- {
		for c := g.columns; c >= 0; c-- {
			*g.at(r, c) = g.best(r, c)
		}
	}
	return true
}

func (g *gap) at(r, c int) *int { return &g.least[r*(g.columns+1)+c] }

func (g *gap) best(r, c int) int {
	switch {
	case r == g.rows && c == g.columns:
		return 0
	case r == g.rows:
		return g.columnCost(c) + *g.at(r, c+1)
	case c == g.columns:
		return g.rowCost(r) + *g.at(r+1, c)
	}
	return min(g.pair[r*g.columns+c]+*g.at(r+1, c+1), g.rowCost(r)+*g.at(r+1, c), g.columnCost(c)+*g.at(r, c+1))
}

func (g *gap) pairCost(r, c int) (int, bool) {
	if g.flipped {
		return g.cost.Pair(g.i+c, g.j+r)
	}
	return g.cost.Pair(g.i+r, g.j+c)
}

func (g *gap) rowCost(r int) int {
	if g.flipped {
		return g.cost.New(g.j + r)
	}
	return g.cost.Old(g.i + r)
}

func (g *gap) columnCost(c int) int {
	if g.flipped {
		return g.cost.Old(g.i + c)
	}
	return g.cost.New(g.j + c)
}

// join follows the least cost; of equals it takes the pair.
func (g *gap) join(p *Pairs) {
	for r, c := 0, 0; r < g.rows && c < g.columns; {
		switch *g.at(r, c) {
		case g.pair[r*g.columns+c] + *g.at(r+1, c+1):
			if g.flipped {
				p.Join(g.i+c, g.j+r)
			} else {
				p.Join(g.i+r, g.j+c)
			}
			r, c = r+1, c+1
		case g.rowCost(r) + *g.at(r+1, c):
			r++
		default:
			c++
		}
	}
}
