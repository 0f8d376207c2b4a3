// The guest of the book in Go: a call and a file.
package main

import (
	"os"

	"example.com/guide/internal/demo/guide/guide"
	"example.com/guide/internal/wippy/runtime/funcs"
	"go.bytecodealliance.org/cm"
)

type answer = cm.Result[string, string, string]

func init() {
	guide.Exports.Ask = func(target, text string) answer {
		return funcs.CallString(target, text)
	}
	guide.Exports.ReadFile = func(path string) answer {
		text, err := os.ReadFile(path)
		if err != nil {
			return cm.Err[answer](err.Error())
		}
		return cm.OK[answer](string(text))
	}
	guide.Exports.Fetch = func(authority, path string) answer {
		return cm.Err[answer]("see the page")
	}
}

func main() {}
