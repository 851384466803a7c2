package routing

import "testing"

func TestChoose(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m     Matter
		seats []Seat
		want  string
	}{
		"nobody is here":                         {Matter{}, nil, ""},
		"the least loaded":                       {Matter{}, []Seat{{"a", 3, 9}, {"b", 1, 9}, {"c", 2, 9}}, "b"},
		"the lowest id among equals":             {Matter{}, []Seat{{"b", 1, 9}, {"a", 1, 9}}, "a"},
		"not who is full":                        {Matter{}, []Seat{{"a", 2, 2}, {"b", 5, 9}}, "b"},
		"all are full":                           {Matter{}, []Seat{{"a", 2, 2}, {"b", 9, 9}}, ""},
		"back to who knows them":                 {Matter{Last: "c"}, []Seat{{"a", 0, 9}, {"c", 8, 9}}, "c"},
		"who knows them is full":                 {Matter{Last: "c"}, []Seat{{"a", 0, 9}, {"c", 9, 9}}, "a"},
		"who knows them is away":                 {Matter{Last: "c"}, []Seat{{"a", 0, 9}}, "a"},
		"somebody without room is given nothing": {Matter{}, []Seat{{"a", 0, 0}}, ""},
	} {
		if got := Choose(c.m, c.seats); string(got.Owner) != c.want || (got.Owner != "") != (got.Why != "") {
			t.Errorf("%s: %+v, want %q", name, got, c.want)
		}
	}
}

func TestBatchSharesWorkOut(t *testing.T) {
	t.Parallel()
	got := map[string]int{}
	for _, c := range Batch(make([]Matter, 10), []Seat{{"a", 0, 3}, {"b", 0, 9}}) {
		got[string(c.Owner)]++
	}
	if got["a"] != 3 || got["b"] != 7 {
		t.Errorf("%v", got)
	}
}
