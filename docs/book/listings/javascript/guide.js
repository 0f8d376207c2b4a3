// The guest of the book in JavaScript: a call, a file, a request.
import { callString } from 'wippy:runtime/funcs@0.1.0';
import { getDirectories } from 'wasi:filesystem/preopens@0.2.12';

// What an import throws carries its `err` as `payload`, and becomes ours.
export function ask(target, text) {
  return callString(target, text);
}

export function readFile(path) {
  for (const [directory, mount] of getDirectories()) {
    if (!path.startsWith(`${mount}/`)) continue;
    const file = directory.openAt({ symlinkFollow: true }, path.slice(mount.length + 1), {}, { read: true });
    const decoder = new TextDecoder();
    let text = '';
    for (let offset = 0n, end = false; !end;) {
      const [bytes, last] = file.read(65536n, offset);
      text += decoder.decode(bytes, { stream: !last });
      offset += BigInt(bytes.length);
      end = last;
    }
    return text;
  }
  throw `${path}: in no mount`;
}

// `fetch` is the name of our export; the engine's is `globalThis.fetch`.
export async function fetch(authority, path) {
  try {
    const response = await globalThis.fetch(`http://${authority}${path}`);
    return await response.text();
  } catch (error) {
    throw String(error);
  }
}
