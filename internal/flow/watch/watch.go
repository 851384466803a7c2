// Package watch is the FLOW of time: what happens when an alarm rings, one line a kind, each in the transaction that removes the alarm.
package watch

import (
	"answerable/internal/alarm"
	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/flow/reply"
)

// Table is given to alarm.Run by app.
func Table() alarm.Table {
	return alarm.Table{
		reply.ReleaseAlarm: func(tx *db.Tx, a alarm.Alarm) error {
			return reply.Release(tx, auth.TheHouse(), conversation.MessageID(a.Subject))
		},
	}
}
