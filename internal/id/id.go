// Package id makes the identifiers that name every row: UUIDs of version 7 (RFC 9562, section 5.7) written as 26 lower-case
// letters and digits of Crockford's base32, so that text order is byte order is time order.
package id

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"sync"
	"time"
)

// Len is the length of every identifier in letters.
const Len = 26

var enc = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

var last struct {
	sync.Mutex
	ms  int64
	seq uint16
}

// New returns a fresh identifier. Two made by one process, one after the other, sort in that order.
func New() string {
	return at(time.Now().UnixMilli(), true) //nolint:forbidigo // the one place that may: an id is not a decision
}

// At returns an identifier for something that happened at a time (microseconds UTC) in the past, as imported rows need.
// Ids of one millisecond are in no particular order.
func At(micros int64) string { return at(micros/1000, false) }

func at(ms int64, ordered bool) string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand never fails on the systems Go supports
	}
	if ms < 0 {
		ms = 0
	}
	if ordered {
		last.Lock()
		if ms <= last.ms {
			ms = last.ms
			last.seq++
			if last.seq > 0xfff {
				ms, last.seq = ms+1, 0
			}
		} else {
			last.seq = binary.BigEndian.Uint16(b[6:8]) & 0x7ff // leaves room to count up
		}
		last.ms = ms
		binary.BigEndian.PutUint16(b[6:8], last.seq)
		last.Unlock()
	}
	b[0], b[1], b[2] = byte(ms>>40), byte(ms>>32), byte(ms>>24)
	b[3], b[4], b[5] = byte(ms>>16), byte(ms>>8), byte(ms)
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return enc.EncodeToString(b[:])
}

// Valid reports whether s has the form of an identifier.
func Valid(s string) bool {
	if len(s) != Len {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z' || c == 'i' || c == 'l' || c == 'o' || c == 'u') {
			return false
		}
	}
	return true
}
