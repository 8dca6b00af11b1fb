/* parts.js - the files that the page needs: from its own folder, or, where the page is one file,
 * out of itself (tools/web/tab.py). */
import { say } from "../replay/language.js";

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* A Uint8Array.  Throws with a sentence. */
export async function part(name) {
  const inside = document.getElementById(name);
  if (inside) return unpacked(inside.textContent);
  const answer = await fetch(name).catch(() => null);
  if (!answer?.ok)
    throw new Error(
      say`${name} cannot be read. Serve the folder (make web-serve),
        or open fathom.html from disk.`,
    );
  return new Uint8Array(await answer.arrayBuffer());
}
