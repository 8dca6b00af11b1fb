/* morph.js - makes what is on the page like what it is to be, and touches only what differs.
 *
 *     old <li class="ring3">a</li> <li>b</li>      fresh <li class="ring0">a</li> <li>b</li>
 *         one attribute is set; both elements stay
 *
 * Children are compared by their place; before that, equal ones at both ends are skipped, so that
 * a row that comes in the middle is one insertion.
 */
function attributes(old, fresh) {
  const gone = [...old.attributes].filter(({ name }) => !fresh.hasAttribute(name));
  const other = [...fresh.attributes].filter(({ name, value }) => old.getAttribute(name) !== value);
  for (const { name } of gone) old.removeAttribute(name);
  for (const { name, value } of other)
    if (name === "style") old.style.cssText = value;
    else old.setAttribute(name, value);
  return gone.length + other.length;
}

function children(old, fresh) {
  const [mine, wanted] = [[...old.childNodes], [...fresh.childNodes]];
  while (mine.length && wanted.length && mine.at(-1).isEqualNode(wanted.at(-1))) {
    mine.pop();
    wanted.pop();
  }
  while (mine.length && wanted.length && mine[0].isEqualNode(wanted[0])) {
    mine.shift();
    wanted.shift();
  }
  /* May be a node of the equal end, or null. */
  const after = mine.length ? mine.at(-1).nextSibling : anchor(old, fresh, wanted);
  const common = Math.min(mine.length, wanted.length);
  let changed = Math.max(mine.length, wanted.length) - common;
  for (let i = 0; i < common; i++) changed += morph(mine[i], wanted[i]);
  for (const more of wanted.slice(common)) old.insertBefore(more, after);
  for (const gone of mine.slice(common)) gone.remove();
  return changed;
}

/* Before which child of old the wanted ones belong, when all of old's are kept. */
function anchor(old, fresh, wanted) {
  if (!wanted.length) return null;
  const behind = [...fresh.childNodes].length - [...fresh.childNodes].indexOf(wanted.at(-1)) - 1;
  return behind ? old.childNodes[old.childNodes.length - behind] : null;
}

/* Changes old; returns how many nodes and attributes were touched.  fresh is used up. */
export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return 0;
  const same = old.nodeType === Node.ELEMENT_NODE && old.nodeName === fresh.nodeName;
  if (same) return attributes(old, fresh) + children(old, fresh);
  old.replaceWith(fresh);
  return 1;
}
