package history

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// export writes n rows of short threads in a jumbled order, without holding them. One row in 25 is a post of a brand.
func export(w io.Writer, n int) error {
	rnd := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // figures that can be repeated
	if _, err := io.WriteString(w, header); err != nil {
		return err
	}
	start := time.Date(2017, 10, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		id := 1 + (i*7919)%n // n is no multiple of 7919, so this visits every id once
		thread := id - id%5
		parent, brand := "", id%2 == 1
		if id%5 > 0 && id > 5 {
			parent = strconv.Itoa(max(thread, id-1-rnd.IntN(2)))
		}
		author := strconv.Itoa(100_000 + thread)
		if brand {
			author = fmt.Sprintf("brand%d", thread%100)
		}
		when := start.Add(time.Duration(id) * 7 * time.Second).Format(time.RubyDate)
		if _, err := fmt.Fprintf(w, "%d,%s,%t,%s,\"@%s words of the kind that people write, %s\",,%s\n", id, author, !brand, when, author,
			strings.Repeat("and more ", rnd.IntN(8)), parent); err != nil {
			return err
		}
	}
	return nil
}

// TestMemoryStaysTheSame reads a file several times the size of what a sort keeps, and watches the heap.
// With ANSWERABLE_ROWS it reads as many rows as that says, and logs the peak of the process.
func TestMemoryStaysTheSame(t *testing.T) {
	rows := 60_000
	if s := os.Getenv("ANSWERABLE_ROWS"); s != "" {
		_, _ = fmt.Sscan(s, &rows)
	}
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(export(w, rows)) }()
	var peak uint64
	look := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapInuse+m.StackInuse)
	}
	messages, conversations := 0, 0
	for c, err := range Read(t.Context(), r, TWCS, Options{ScratchDir: t.TempDir(), Brand: "brand", Progress: func(n int64) {
		if n%20_000 == 0 {
			look()
		}
	}}) {
		if err != nil {
			t.Fatal(err)
		}
		messages += len(c.Messages)
		if conversations++; conversations%5000 == 0 {
			look()
		}
	}
	status, _ := os.ReadFile("/proc/self/status")
	hwm := ""
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") {
			hwm = strings.Join(strings.Fields(line), " ")
		}
	}
	t.Logf("%d rows: %d conversations, heap at most %d MB, process %s", rows, conversations, peak>>20, hwm)
	if messages != rows {
		t.Errorf("%d messages of %d", messages, rows)
	}
	if peak > 100<<20 {
		t.Errorf("the heap grew to %d MB", peak>>20)
	}
}
