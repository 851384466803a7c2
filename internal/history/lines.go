package history

import (
	"bufio"
	"errors"
	"io"
	"slices"
)

// lineReader gives the physical lines of a file, without their LF, and takes back those that were read too far. A line ends at LF
// only: a bare CR is text.
type lineReader struct {
	r    *bufio.Reader
	line int64  // of the last one given
	back []line // the next one last
	// most is how many bytes of a line are kept; what is longer says so.
	most int
}

type line struct {
	no   int64
	text []byte
	// long says that the line was longer than most; text is then its beginning.
	long bool
	// ended says that an LF ended it, not the end of the file.
	ended bool
}

func (l *lineReader) next() (line, error) {
	if n := len(l.back); n > 0 {
		out := l.back[n-1]
		l.back = l.back[:n-1]
		return out, nil
	}
	var out line
	for {
		piece, err := l.r.ReadSlice('\n')
		if room := l.most + 1 - len(out.text); room > 0 {
			out.text = append(out.text, piece[:min(room, len(piece))]...)
		} else if len(piece) > 1 || len(piece) == 1 && piece[0] != '\n' {
			out.long = true
		}
		switch {
		case err == nil:
			out.ended = true
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			if len(out.text) == 0 {
				return line{}, io.EOF
			}
		default:
			return line{}, err
		}
		break
	}
	l.line++
	out.no = l.line
	if n := len(out.text); out.ended && n > 0 && out.text[n-1] == '\n' {
		out.text = out.text[:n-1]
	}
	out.long = out.long || len(out.text) > l.most
	return out, nil
}

// unread puts lines back, to be given again in their order.
func (l *lineReader) unread(lines []line) {
	for _, n := range slices.Backward(lines) {
		l.back = append(l.back, n)
	}
}
