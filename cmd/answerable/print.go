package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"answerable/internal/db"
)

// table is what the list commands print: columns for people, {"items":[…]} with the same names for programs.
type table struct {
	head []string
	rows [][]any
}

func (t *table) add(cells ...any) { t.rows = append(t.rows, cells) }

// list prints a table.
func (w *world) list(asJSON bool, t table) error {
	if asJSON {
		items := make([]map[string]any, len(t.rows))
		for i, r := range t.rows {
			items[i] = make(map[string]any, len(r))
			for j, name := range t.head {
				items[i][name] = r[j]
			}
		}
		return json.NewEncoder(w.out).Encode(map[string]any{"items": items})
	}
	if len(t.rows) == 0 {
		_, err := fmt.Fprintln(w.out, "there is none")
		return err
	}
	tw := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, strings.ToUpper(strings.Join(t.head, "\t")))
	for _, r := range t.rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = plain(c)
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	return tw.Flush()
}

func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case []string:
		return strings.Join(v, " ")
	}
	return fmt.Sprint(v)
}

// moment is a time as it is printed; nothing for one that never was.
func moment(micros int64) any {
	if micros == 0 || micros == db.Never {
		return nil
	}
	return time.UnixMicro(micros).UTC().Format(time.RFC3339)
}

// closed closes the database of a command and keeps the first error.
func closed(d *db.DB, err *error) { *err = errors.Join(*err, d.Close()) }
