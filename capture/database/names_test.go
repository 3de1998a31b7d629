package database

import "testing"

func TestWanted(t *testing.T) {
	for _, c := range []struct {
		name             string
		include, exclude []string
		schema, table    string
		want             bool
	}{
		{"everything", nil, nil, "shop", "orders", true},
		{"by name", []string{"orders"}, nil, "shop", "orders", true},
		{"with schema", []string{"shop.orders"}, nil, "shop", "orders", true},
		{"another schema", []string{"shop.orders"}, nil, "old", "orders", false},
		{"not by a part", []string{"order"}, nil, "shop", "orders", false},
		{"star", []string{"shop.*"}, nil, "shop", "orders", true},
		{"star in the middle", []string{"a*b*c"}, nil, "", "axxbyybzc", true},
		{"star needs the end", []string{"a*b"}, nil, "", "abc", false},
		{"the parts do not overlap", []string{"ab*ba"}, nil, "", "aba", false},
		{"exclude wins", []string{"*"}, []string{"tmp_*"}, "", "tmp_1", false},
		{"exclude another", nil, []string{"tmp_*"}, "", "orders", true},
		{"a dot in the name", []string{"a.b"}, nil, "s", "a.b", true},
		{"case counts", []string{"Orders"}, nil, "", "orders", false},
		{"no other signs", []string{"a?"}, nil, "", "ab", false},
		{"no schema", []string{".orders"}, nil, "", "orders", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Include: c.include, Exclude: c.exclude}
			if got := o.Wanted(c.schema, c.table); got != c.want {
				t.Errorf("include %q, exclude %q: %s.%s: %v", c.include, c.exclude, c.schema, c.table, got)
			}
		})
	}
}

func TestKeyOf(t *testing.T) {
	o := Options{Keys: map[string][]string{"orders": {"id"}, "old.orders": {"nr"}}}
	if key, ok := o.KeyOf("old", "orders"); !ok || key[0] != "nr" {
		t.Errorf("old.orders: %v", key)
	}
	if key, ok := o.KeyOf("shop", "orders"); !ok || key[0] != "id" {
		t.Errorf("shop.orders: %v", key)
	}
	if key, ok := o.KeyOf("shop", "lines"); ok {
		t.Errorf("shop.lines: %v", key)
	}
}
