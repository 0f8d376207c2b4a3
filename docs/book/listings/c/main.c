/* The guest of the book in C: a call, a file, a request. */

#include "guide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an export is given is its own to free; so is what an import gives back. */

bool exports_guide_ask(guide_string_t *target, guide_string_t *text, guide_string_t *ret, guide_string_t *err) {
  bool ok = wippy_runtime_funcs_call_string(target, text, ret, err);
  guide_string_free(target);
  guide_string_free(text);
  return ok;
}

static bool fail(guide_string_t *err, const char *why) {
  guide_string_dup(err, why);
  return false;
}

static void append(guide_string_t *text, const uint8_t *bytes, size_t length) {
  text->ptr = realloc(text->ptr, text->len + length);
  if (text->ptr == NULL && length > 0) {
    abort();
  }
  memcpy(text->ptr + text->len, bytes, length);
  text->len += length;
}

bool exports_guide_read_file(guide_string_t *path, guide_string_t *ret, guide_string_t *err) {
  /* A string of the component model has a length, and no zero at its end. */
  char name[4096];
  snprintf(name, sizeof name, "%.*s", (int)path->len, (const char *)path->ptr);
  guide_string_free(path);
  FILE *file = fopen(name, "rb");
  if (file == NULL) {
    return fail(err, strerror(errno));
  }
  *ret = (guide_string_t){0};
  uint8_t chunk[4096];
  size_t length;
  while ((length = fread(chunk, 1, sizeof chunk, file)) > 0) {
    append(ret, chunk, length);
  }
  fclose(file);
  return true;
}

static bool code(guide_string_t *err, wasi_http_types_error_code_t *error) {
  char why[64];
  snprintf(why, sizeof why, "error code %d, see guide.h", error->tag);
  wasi_http_types_error_code_free(error);
  return fail(err, why);
}

static bool answer(wasi_http_types_own_incoming_response_t response, guide_string_t *ret, guide_string_t *err) {
  wasi_http_types_own_incoming_body_t body;
  bool whole = wasi_http_types_method_incoming_response_consume(wasi_http_types_borrow_incoming_response(response), &body);
  wasi_http_types_incoming_response_drop_own(response);
  if (!whole) {
    return fail(err, "no body");
  }
  wasi_http_types_own_input_stream_t stream;
  if (!wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(body), &stream)) {
    return fail(err, "no stream");
  }
  *ret = (guide_string_t){0};
  guide_list_u8_t chunk;
  wasi_io_streams_stream_error_t end;
  wasi_io_streams_borrow_input_stream_t from = wasi_io_streams_borrow_input_stream(stream);
  while (wasi_io_streams_method_input_stream_blocking_read(from, 65536, &chunk, &end)) {
    append(ret, chunk.ptr, chunk.len);
    guide_list_u8_free(&chunk);
  }
  wasi_io_streams_stream_error_free(&end);
  wasi_io_streams_input_stream_drop_own(stream);
  wasi_http_types_incoming_body_drop_own(body);
  return true;
}

bool exports_guide_fetch(guide_string_t *authority, guide_string_t *path, guide_string_t *ret, guide_string_t *err) {
  wasi_http_types_own_outgoing_request_t request =
      wasi_http_types_constructor_outgoing_request(wasi_http_types_constructor_fields());
  wasi_http_types_borrow_outgoing_request_t to = wasi_http_types_borrow_outgoing_request(request);
  wasi_http_types_scheme_t scheme = {.tag = WASI_HTTP_TYPES_SCHEME_HTTP};
  bool valid = wasi_http_types_method_outgoing_request_set_scheme(to, &scheme) &&
               wasi_http_types_method_outgoing_request_set_authority(to, authority) &&
               wasi_http_types_method_outgoing_request_set_path_with_query(to, path);
  guide_string_free(authority);
  guide_string_free(path);
  if (!valid) {
    wasi_http_types_outgoing_request_drop_own(request);
    return fail(err, "no such address");
  }
  wasi_http_types_own_future_incoming_response_t sent;
  wasi_http_types_error_code_t error;
  if (!wasi_http_outgoing_handler_handle(request, NULL, &sent, &error)) {
    return code(err, &error);
  }
  wasi_http_types_borrow_future_incoming_response_t soon = wasi_http_types_borrow_future_incoming_response(sent);
  wasi_io_poll_own_pollable_t ready = wasi_http_types_method_future_incoming_response_subscribe(soon);
  wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(ready));
  wasi_io_poll_pollable_drop_own(ready);
  wasi_http_types_result_result_own_incoming_response_error_code_void_t result;
  bool there = wasi_http_types_method_future_incoming_response_get(soon, &result);
  wasi_http_types_future_incoming_response_drop_own(sent);
  if (!there || result.is_err) {
    return fail(err, "no response");
  }
  if (result.val.ok.is_err) {
    return code(err, &result.val.ok.val.err);
  }
  return answer(result.val.ok.val.ok, ret, err);
}
