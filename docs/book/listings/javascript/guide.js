// The guest of the book in JavaScript: a call and a request.
import { callString } from 'wippy:runtime/funcs@0.1.0';

export function ask(target, text) {
  try {
    return callString(target, text);
  } catch (error) {
    throw error.payload ?? String(error);
  }
}

export async function fetch(authority, path) {
  try {
    const response = await globalThis.fetch(`http://${authority}${path}`);
    return await response.text();
  } catch (error) {
    throw String(error);
  }
}
