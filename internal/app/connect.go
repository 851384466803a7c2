package app

import (
	"log/slog"

	"answerable/internal/channel"
	"answerable/internal/config"
	"answerable/internal/db"
	"answerable/internal/event"
	"answerable/internal/id"
	"answerable/internal/porter"
	"answerable/internal/secret"
)

// Connector is the porter of a program that connects accounts without serving them: with the installation's key and the guarded client,
// beside a process that serves. Its Run is not meant to be called.
func Connector(c config.Config, d *db.DB, log *slog.Logger) (*porter.Porter, error) {
	box, err := secret.Open(c.Data, c.Key)
	if err != nil {
		return nil, err
	}
	private, err := c.Private()
	if err != nil {
		return nil, err
	}
	return porter.New(porter.Deps{DB: d, Hub: event.New(), Box: box, HTTP: channel.Guard{Allow: private}.Client(), Log: log, Node: id.New()}), nil
}
