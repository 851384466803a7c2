package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"answerable/internal/db/dbtest"
	"answerable/internal/desktest/require"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"answerable": main})
}

// TestScript tells the stories of testdata/script with the program itself, each on a fresh database of both kinds. Beside what
// testscript knows, a story may say
//
//	exits CODE PROGRAM ARG…   the program ends with this code
//	keeps NAME FIELD          the field of the JSON it printed becomes $NAME
func TestScript(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		scripts(t, func(dir string) string { return "sqlite:" + dir + "/data/desk.db" })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		require.Have(t, "postgres", os.Getenv(dbtest.Env) != "", dbtest.Env+" is not set; run scripts/with-postgres go test ./...")
		scripts(t, func(string) string { return dbtest.Postgres(t) })
	})
}

func scripts(t *testing.T, database func(dir string) string) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("ANSWERABLE_DATA", e.WorkDir+"/data")
			e.Setenv("ANSWERABLE_DATABASE", database(e.WorkDir))
			e.Setenv("ANSWERABLE_LISTEN", "127.0.0.1:0")
			return nil
		},
		Condition: func(c string) (bool, error) {
			switch c {
			case "sqlite", "postgres":
				return strings.HasPrefix(t.Name(), "TestScript/"+c), nil
			}
			return false, fmt.Errorf("unknown condition %q", c)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "keeps": keepsField},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d\nstdout: %s\nstderr: %s", strings.Join(args[1:], " "), got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func keepsField(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keeps NAME FIELD")
	}
	var said map[string]any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &said); err != nil {
		ts.Fatalf("no JSON: %v", err)
	}
	v, ok := said[args[1]].(string)
	if !ok || v == "" {
		ts.Fatalf("there is no field %q in %v", args[1], said)
	}
	ts.Setenv(args[0], v)
}
