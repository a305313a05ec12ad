// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"os"

	"superd/services/event"
)

// Xinetd is an Encoder: the lines of xinetd's own log file,
// "26/11/24@09:05:00 xinetd[42]: NOTICE: text".
func Xinetd(buf []byte, e *event.Event) []byte {
	buf = XinetdStamp(buf, e.Time)
	buf = append(buf, " xinetd["...)
	buf = appendNumber(buf, int64(os.Getpid()))
	buf = append(buf, "]: "...)
	buf = append(buf, xinetdLevels[xinetdLevel(e)]...)
	buf = append(buf, ": "...)
	return XinetdBare(buf, e)
}

var xinetdLevels = [...]string{"ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"}

// xinetdLevel is the level that xinetd gives to a thing.
func xinetdLevel(e *event.Event) event.Level {
	switch {
	case e.Service != "" && (e.Kind == event.Pause || e.Kind == event.Resume):
		return event.LevelError
	case e.Kind == event.Stopping && e.Service == "":
		return event.LevelWarning
	}
	return min(e.Level, event.LevelDebug)
}

// XinetdBare is Xinetd without what stands before the text, for syslog, which has
// time, name and level of its own.
func XinetdBare(buf []byte, e *event.Event) []byte {
	if e.Kind != event.SpawnFail { // of which superd's own log has more to say
		start := len(buf)
		if buf = XinetdLine(buf, e, AllFields, AllFields); len(buf) > start {
			return append(buf, '\n')
		}
	}
	switch {
	case e.Kind == event.Pause && e.Service != "" && e.Reason == "connections per second":
		buf = append(buf, "Deactivating service "...)
		buf = appendPrintable(buf, e.Service)
		buf = append(buf, " due to excessive incoming connections.  Restarting in "...)
		buf = appendNumber(buf, int64(e.Duration.Seconds()+0.5))
		buf = append(buf, " seconds."...)
	case e.Kind == event.Resume && e.Service != "":
		buf = append(buf, "Activating service "...)
		buf = appendPrintable(buf, e.Service)
	case e.Kind == event.Reload:
		buf = append(buf, "Reconfigured: "...)
		buf = appendPrintable(buf, e.Text)
	case e.Kind == event.Stopping && e.Service == "":
		buf = append(buf, "Exiting..."...)
	default:
		buf = appendSentence(buf, e)
	}
	return append(buf, '\n')
}

// appendSentence is for what xinetd has no line of: the sentence, whose service it
// is of, and what there is to know.
func appendSentence(buf []byte, e *event.Event) []byte {
	var set fieldSet
	set.fill(e)
	if e.Service != "" {
		buf = append(buf, "Service "...)
		buf = appendPrintable(buf, e.Service)
		buf = append(buf, ": "...)
	}
	buf = appendPrintable(buf, message(e))
	for i := range set.all[:set.len] {
		f := &set.all[i]
		if f.key == "event" || f.key == "service" || f.key == "network" || f.key == "local" && e.Kind <= event.Closed {
			continue
		}
		buf = append(buf, ' ')
		buf = append(buf, f.key...)
		buf = append(buf, '=')
		buf = f.appendValue(buf)
	}
	return buf
}
