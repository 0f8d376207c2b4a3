/* The guest of the book in C: a call and a file. */

#include "guide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool exports_guide_ask(guide_string_t *target, guide_string_t *text, guide_string_t *ret, guide_string_t *err) {
  return wippy_runtime_funcs_call_string(target, text, ret, err);
}

bool exports_guide_read_file(guide_string_t *path, guide_string_t *ret, guide_string_t *err) {
  char name[4096];
  if (path->len >= sizeof name) {
    guide_string_dup(err, "the path is too long");
    return false;
  }
  memcpy(name, path->ptr, path->len);
  name[path->len] = 0;
  FILE *file = fopen(name, "rb");
  if (!file) {
    guide_string_dup(err, strerror(errno));
    return false;
  }
  char *text = malloc(1 << 20);
  size_t length = text ? fread(text, 1, 1 << 20, file) : 0;
  fclose(file);
  ret->ptr = (uint8_t *)text;
  ret->len = length;
  return true;
}
