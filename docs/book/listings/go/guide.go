// Package export_wit_world is the guest of the book in Go: a call, a file, a request.
package export_wit_world

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	. "go.bytecodealliance.org/pkg/wit/types"

	"wit_component/wasi_http_outgoing_handler"
	http "wit_component/wasi_http_types"
	"wit_component/wippy_runtime_funcs"
)

// The collector reads a clock, which it must not while a result is stored: it would trap. An instance lives for one call,
// and its memory goes with it.
func init() {
	debug.SetGCPercent(-1)
}

func Ask(target, text string) Result[string, string] {
	return wippy_runtime_funcs.CallString(target, text)
}

// The standard library knows files, and finds those that the entry mounts.
func ReadFile(path string) Result[string, string] {
	text, err := os.ReadFile(path)
	if err != nil {
		return Err[string, string](err.Error())
	}
	return Ok[string, string](string(text))
}

// Its `net/http` has no network here: a request goes through the bindings.
func Fetch(authority, path string) Result[string, string] {
	request := http.MakeOutgoingRequest(http.MakeFields())
	request.SetScheme(Some(http.MakeSchemeHttp()))
	if request.SetAuthority(Some(authority)).IsErr() || request.SetPathWithQuery(Some(path)).IsErr() {
		return Err[string, string]("no such address")
	}
	sent := wasi_http_outgoing_handler.Handle(request, None[*http.RequestOptions]())
	if sent.IsErr() {
		return failed(sent.Err())
	}
	soon := sent.Ok()
	ready := soon.Subscribe()
	ready.Block()
	// A handle that another was made of is dropped after it.
	ready.Drop()
	response := soon.Get().Some().Ok()
	if response.IsErr() {
		return failed(response.Err())
	}
	body := response.Ok().Consume().Ok()
	stream := body.Stream().Ok()
	var text strings.Builder
	// The stream is closed at its end.
	for {
		more := stream.BlockingRead(65536)
		if more.IsErr() {
			break
		}
		text.Write(more.Ok())
	}
	stream.Drop()
	body.Drop()
	return Ok[string, string](text.String())
}

func failed(code http.ErrorCode) Result[string, string] {
	return Err[string, string](fmt.Sprintf("error code %d of wasi:http", code.Tag()))
}
