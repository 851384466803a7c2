package id_test

import (
	"slices"
	"sync"
	"testing"

	"answerable/internal/id"
)

func TestOneAfterTheOtherSortsSo(t *testing.T) {
	t.Parallel()
	made := make([]string, 20_000)
	for i := range made {
		made[i] = id.New()
		if !id.Valid(made[i]) {
			t.Fatalf("%q is not valid", made[i])
		}
	}
	if !slices.IsSorted(made) || len(slices.Compact(made)) != 20_000 {
		t.Error("not in order, or twice the same")
	}
}

func TestManyAtOnceAreDifferent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				s := id.New()
				mu.Lock()
				if seen[s] {
					t.Errorf("%s twice", s)
				}
				seen[s] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestIdsOfThePastSortByTheirTime(t *testing.T) {
	t.Parallel()
	a, b, c := id.At(1_000_000_000), id.At(1_509_487_847_000_000), id.New()
	if a >= b || b >= c || !id.Valid(a) {
		t.Errorf("%s %s %s", a, b, c)
	}
	for _, s := range []string{"", "x", a + "0", "O" + a[1:], "ü" + a[2:]} {
		if id.Valid(s) {
			t.Errorf("%q is valid", s)
		}
	}
}
