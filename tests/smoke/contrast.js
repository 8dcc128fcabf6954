// Every text on the page whose contrast with its ground is below 4.5 to 1 (WCAG 2 AA).
(() => {
  const parse = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const over = (top, ground) => [0, 1, 2].map((i) => top[i] * (top[3] ?? 1) + ground[i] * (1 - (top[3] ?? 1)));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(parse(getComputedStyle(at).backgroundColor));
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const found = [];
  document.querySelectorAll("body *").forEach((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || ["SCRIPT", "STYLE", "title", "OPTION"].includes(element.tagName)) return;
    if (element.closest("[aria-hidden], .off")) return;
    const style = getComputedStyle(element);
    const ink = parse(element.closest("svg") ? style.fill : style.color);
    const below = ground(element);
    const [a, b] = [light(over(ink, below)), light(below)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) found.push(`${element.tagName} ${element.textContent.slice(0, 40)}: ${contrast.toFixed(2)}`);
  });
  return found;
})();
