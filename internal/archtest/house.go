package archtest

import (
	"path/filepath"
	"slices"
)

// Answerable is this house as architecture draws it; root is the folder of its go.mod.
func Answerable(root string) (House, error) {
	street, err := Street(filepath.Join(root, "internal", "desk", "doc.go"))
	if err != nil {
		return House{}, err
	}
	return House{
		Root:   root,
		Module: "answerable",
		Street: street,
		Parts: slices.Concat([]Part{
			{"desk", nil, Joint}, // the map itself

			{"fault", nil, Ground},
			{"id", nil, Ground},
			{"text", nil, Ground},
			{"config", []string{"fault"}, Ground},
			{"db", []string{"fault", "id", "db/..."}, Ground},
			{"db/...", []string{"fault", "id", "db/..."}, Ground},
			{"db/dbtest", []string{"fault", "id", "db/...", "desktest/require"}, Kit},
			{"lease", []string{"fault", "id", "db"}, Ground},
			{"event", []string{"fault", "id", "db"}, Ground},
			{"secret", []string{"fault", "id", "db"}, Ground},
			{"blob", []string{"fault", "id", "db"}, Ground},
			{"jobs", []string{"fault", "id", "db"}, Ground},
			{"alarm", []string{"fault", "id", "db", "event", "lease"}, Ground},
			{"auth", []string{"fault", "id", "db", "secret"}, Ground},
			{"record", []string{"fault", "id", "db", "auth", "event", "lease"}, Ground},
			{"history", []string{"text", "fault", "db"}, Ground},

			{"channel", []string{"fault", "id"}, Door},
			{"channel/...", []string{"channel", "fault", "id", "self/..."}, Door},
			{"channel/all", []string{"channel/...", "fault", "id"}, Door},
			{"channel/channeltest", []string{"channel", "fault", "id", "desktest/require"}, Kit},
			{"square/...", []string{"fault", "id", "square/..."}, Door},

			{"porter", []string{
				"channel", "channel/all", "flow/intake", "flow/deliver", "desk/brand", "desk/account", "desk/arrival", "desk/delivery",
				"db", "auth", "secret", "lease", "event", "fault", "id",
			}, Joint},
			{"web/...", []string{"street", "ground", "channel", "web/..."}, Face},
			{"api/...", []string{"street", "ground", "channel", "api/..."}, Face},
			{"web/browsertest", []string{"..."}, Kit},
			{"cmd/...", []string{"street", "ground", "channel", "app", "square/...", "demo"}, Face},
			{"app/...", []string{"..."}, Joint},
			{"demo", []string{"..."}, Joint},

			{"desktest/require", nil, Kit},
			{"desktest/...", []string{"..."}, Kit},
			{"archtest", nil, Kit},
			{"bench/...", []string{"..."}, Kit},
		}),
		Pure: []string{"desk/hours", "desk/check", "read/rehearse"},
		Tables: []Reserved{
			{"reach", []string{"desk/contact", "read/insight"}, "how many follow somebody never orders, routes or times anything"},
		},
		Calls: []Reserved{
			{".SetOwner", []string{"flow/assign"}, "an owner is set in one place, with its reason, promises and alert"},
			{"desk/conversation.Resolve", []string{"flow/resolve"}, "there is one way to close, and it asks for the debts"},
		},
		Homes: []Reserved{
			{"modernc.org/sqlite", []string{"db/..."}, "only internal/db knows which database it is"},
			{"github.com/jackc/pgx", []string{"db/...", "jobs"}, "only internal/db knows which database it is, and jobs for River"},
			{"github.com/lib/pq", nil, "PostgreSQL is spoken by pgx"},
			{"github.com/mattn/go-sqlite3", nil, "it binds $1 by position"},
			{"github.com/pressly/goose", []string{"db/..."}, "migrations belong to internal/db"},
			{"github.com/riverqueue", []string{"jobs"}, "errands are asked for through internal/jobs"},
			{"github.com/alecthomas/kong", []string{"cmd/..."}, "the command line is read by the command"},
			{"github.com/danielgtaylor/huma", []string{"api/..."}, "the API is its own face"},
			{"github.com/a-h/templ", []string{"web/...", "square/..."}, "pages are made by faces"},
		},
		Migrations: "internal/db/migrations",
		Modules:    "internal/archtest/modules.txt",
	}, nil
}
