// Text that lies over other text, is cut off, or sticks out of the page: a list of complaints.
const problems = [];
const page = document.documentElement;
if (page.scrollWidth > innerWidth) problems.push(`the page is ${page.scrollWidth} pixels wide, the window ${innerWidth}`);

// The part of a box that the ancestors' edges leave; scrolled-off text is no fault, text cut by a hidden overflow is one.
function visible(box, node, text) {
  let { left, top, right, bottom } = box;
  for (let parent = node.parentElement; parent; parent = parent.parentElement) {
    const style = getComputedStyle(parent);
    if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
    const edge = parent.getBoundingClientRect();
    const cut = left < edge.left - 1 || right > edge.right + 1 || top < edge.top - 1 || bottom > edge.bottom + 1;
    if (cut && style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis') problems.push(`cut off: ${text}`);
    [left, top] = [Math.max(left, edge.left), Math.max(top, edge.top)];
    [right, bottom] = [Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
  }
  return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom, node, text } : null;
}

const boxes = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  const parent = node.parentElement;
  const text = node.textContent.trim();
  if (!text || parent.closest('script, option, .unseen') || !parent.checkVisibility({ visibilityProperty: true })) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  const rects = parent.closest('svg') ? [parent.getBoundingClientRect()] : [...range.getClientRects()];
  boxes.push(...rects.map((rect) => visible(rect, node, text)).filter((box) => box));
}
for (const [i, a] of boxes.entries()) {
  if (a.left < -1 || a.right > innerWidth + 1) problems.push(`out of the window: ${a.text}`);
  for (const b of boxes.slice(0, i)) {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (a.node !== b.node && across > 2 && down > 2) problems.push(`overlap: “${a.text}” and “${b.text}”`);
  }
}
return [...new Set(problems)];
