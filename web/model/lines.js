/* lines.js - the source line of an instruction of the chain, by tools/web/chain.py.
 *
 *     rows: address, file, line, ...  each number what is added to the one before; line 0: unknown
 */
export class Lines {
  constructor({ files, rows, sources }) {
    this.files = files;
    this.sources = sources;
    this.rows = [];
    const last = [0, 0, 0];
    for (let i = 0; i < rows.length; i += 3)
      this.rows.push(last.map((_, j) => (last[j] += rows[i + j])));
  }

  /* [file's number, line] of an address; null. */
  at(address) {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.rows[middle][0] <= address) low = middle + 1;
      else high = middle;
    }
    const [, file, line] = this.rows[low - 1] ?? [0, 0, 0];
    return line ? [file, line] : null;
  }

  /* What the pane of the source wants to know of one address; says: in place of its instruction. */
  source(address, says) {
    const place = this.at(address);
    const text = [];
    for (const [line, words] of Object.entries(this.sources[place?.[0]] ?? {}))
      text[line - 1] = words;
    return {
      files: this.files,
      lines: place ? { [address]: place } : {},
      code: { [address]: says },
      sources: place ? { [place[0]]: text } : {},
    };
  }
}
