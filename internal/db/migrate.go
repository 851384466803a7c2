package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sort"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"answerable/internal/fault"
)

//go:embed migrations
var migrationFiles embed.FS

// Migrate brings the database to this version's schema: forward only, expand first and contract one release later. It returns the
// names of what it applied. On PostgreSQL several nodes may call it at once.
func (d *DB) Migrate(ctx context.Context) ([]string, error) {
	if err := d.Suitable(ctx); err != nil {
		return nil, err
	}
	p, err := d.provider()
	if err != nil {
		return nil, err
	}
	got, err := p.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	out := make([]string, 0, len(got))
	for _, r := range got {
		out = append(out, fmt.Sprintf("%05d", r.Source.Version))
	}
	return out, nil
}

// Version returns the version of the schema that is there and the newest this program knows.
func (d *DB) Version(ctx context.Context) (have, know int64, err error) {
	p, err := d.provider()
	if err != nil {
		return 0, 0, err
	}
	have, know, err = p.GetVersions(ctx)
	return have, know, err
}

// Ready refuses a schema that is older than this program (migrate first) or newer (another node is ahead).
func (d *DB) Ready(ctx context.Context) error {
	have, know, err := d.Version(ctx)
	switch {
	case err != nil:
		return err
	case have < know:
		return fault.New(fault.Conflict, "the database has schema %d and this program needs %d: run answerable migrate", have, know)
	case have > know:
		return fault.New(fault.Conflict, "the database has schema %d and this program knows only %d: start the newer program", have, know)
	}
	return nil
}

func (d *DB) provider() (*goose.Provider, error) {
	files, err := migrationsOf(d.dialect.name())
	if err != nil {
		return nil, err
	}
	if d.Single() {
		return goose.NewProvider(goose.DialectSQLite3, d.write[Desk], files)
	}
	l, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, d.write[Desk], files, goose.WithSessionLocker(l))
}

// migrationsOf lays the one text for both beside the little that only this database has (search, the number sequence).
func migrationsOf(dialect string) (fs.FS, error) {
	both, err := fs.Sub(migrationFiles, "migrations/both")
	if err != nil {
		return nil, err
	}
	own, err := fs.Sub(migrationFiles, "migrations/"+dialect)
	if err != nil {
		return nil, err
	}
	return layered{both, own}, nil
}

type layered []fs.FS

// Open finds a file in the first layer that has it.
func (l layered) Open(name string) (fs.File, error) {
	for _, f := range l {
		file, err := f.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir lists all layers.
func (l layered) ReadDir(name string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	for _, f := range l {
		e, err := fs.ReadDir(f, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		out = append(out, e...)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name() < out[j].Name() })
	return out, nil
}

var _ fs.ReadDirFS = layered{}
