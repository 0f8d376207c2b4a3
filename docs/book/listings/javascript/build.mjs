import { componentize } from '@bytecodealliance/componentize-js';
import { writeFile } from 'node:fs/promises';

const { component, imports } = await componentize({ sourcePath: 'guide.js', witPath: 'wit', worldName: 'guide' });
await writeFile('guide.wasm', component);
console.log(component.byteLength, 'bytes', imports);
