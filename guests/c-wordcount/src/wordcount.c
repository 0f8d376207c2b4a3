/* Counts words, lines and bytes, of text and of files. */

#include "c_wordcount.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_PATH 4096

/* What lies between two chunks: whether the last byte belonged to a word. */
struct state {
  c_wordcount_counts_t counts;
  bool in_word;
};

static void count(struct state *state, const uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length; at++) {
    bool space = isspace(bytes[at]);
    if (!space && !state->in_word) {
      state->counts.words++;
    }
    if (bytes[at] == '\n') {
      state->counts.lines++;
    }
    state->in_word = !space;
  }
  state->counts.bytes += length;
}

void exports_c_wordcount_word_count(c_wordcount_string_t *text, c_wordcount_counts_t *ret) {
  struct state state = {0};
  count(&state, text->ptr, text->len);
  *ret = state.counts;
  c_wordcount_string_free(text);
}

bool exports_c_wordcount_count_file(c_wordcount_string_t *path, c_wordcount_counts_t *ret, c_wordcount_string_t *err) {
  char name[LONGEST_PATH];
  if (path->len >= sizeof name) {
    c_wordcount_string_free(path);
    c_wordcount_string_dup(err, strerror(ENAMETOOLONG));
    return false;
  }
  memcpy(name, path->ptr, path->len);
  name[path->len] = '\0';
  c_wordcount_string_free(path);

  FILE *file = fopen(name, "rb");
  if (file == NULL) {
    c_wordcount_string_dup(err, strerror(errno));
    return false;
  }
  struct state state = {0};
  uint8_t chunk[4096];
  size_t length;
  while ((length = fread(chunk, 1, sizeof chunk, file)) > 0) {
    count(&state, chunk, length);
  }
  int failure = ferror(file) ? errno : 0;
  fclose(file);
  if (failure != 0) {
    c_wordcount_string_dup(err, strerror(failure));
    return false;
  }
  *ret = state.counts;
  return true;
}
