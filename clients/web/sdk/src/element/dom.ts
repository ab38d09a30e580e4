/** Making elements, in few words. */

type Attributes = Readonly<Record<string, string | boolean>>;

/** An element with attributes (`true`: without a value; `false`: none) and what is in it. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...inside: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...inside);
  return element;
}

/** Writes a text where it is another one: what is written anew, a screen reader reads anew. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The icons, as those of the app: 24 units, round strokes, the colour of the text around them. */
const HANDSET =
  'M8.3 4.2H6.1A2.1 2.1 0 0 0 4 6.4C4.5 13.6 10.4 19.5 17.6 20a2.1 2.1 0 0 0 2.2-2.1v-2.2a1.5 1.5 0 0 0-1.2-1.5l-2.5-.5a1.5 1.5 0 0 0-1.5.6l-.8 1.1a11 11 0 0 1-5.2-5.2l1.1-.8a1.5 1.5 0 0 0 .6-1.5l-.5-2.5a1.5 1.5 0 0 0-1.5-1.2z';
const ICONS = {
  phone: HANDSET,
  end: HANDSET,
  video:
    'M5.5 6h7a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3h-7a3 3 0 0 1-3-3V9a3 3 0 0 1 3-3zM15.5 10.7l4.5-2.9a.9.9 0 0 1 1.5.8v6.8a.9.9 0 0 1-1.5.8l-4.5-2.9',
  mic: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3',
  sound: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
} as const;

export type IconName = keyof typeof ICONS;

/** An icon; those of devices have a stroke through them, which is shown while they are off. */
export function icon(name: IconName): SVGSVGElement {
  const draw = (tag: 'svg' | 'path', attributes: Attributes) => {
    const shape = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, String(value));
    return shape;
  };
  const svg = draw('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }) as SVGSVGElement;
  const turned: Attributes = name === 'end' ? { transform: 'rotate(135 12 12)' } : {};
  svg.append(draw('path', { d: ICONS[name], ...turned }));
  if (name === 'mic' || name === 'video') svg.append(draw('path', { d: 'M4 4l16 16', class: 'off' }));
  return svg;
}
