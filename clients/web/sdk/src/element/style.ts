/**
 * The looks. Colours and roundness are for the page to change by `--visavis-…`, everything else by `::part(…)`. Light or dark
 * is what the page is (`color-scheme`). Texts keep 4.5:1, and whatever is pressed is 44 px high.
 */
export const STYLE = `
:host {
  --a: var(--visavis-accent, light-dark(#0c7466, #4fd1b8));
  --on-a: var(--visavis-on-accent, light-dark(#fff, #06231d));
  --s: var(--visavis-surface, light-dark(#fff, #181d1c));
  --i: var(--visavis-ink, light-dark(#16201d, #edf2f0));
  --soft: var(--visavis-ink-soft, light-dark(#586460, #a3b1ac));
  --l: var(--visavis-line, light-dark(#8b918d, #72807b));
  --d: var(--visavis-danger, #c0362c);
  --r: var(--visavis-radius, 1.25rem);
  display: inline-block;
  font: var(--visavis-font, 1rem/1.4 system-ui, sans-serif);
  color: var(--i);
  text-align: start;
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.box { display: grid; gap: .75rem; }
.box.open {
  width: 22rem; max-width: 100%; padding: 1rem;
  background: var(--s); border: 1px solid var(--l); border-radius: var(--r);
}
p { margin: 0; overflow-wrap: anywhere; }
p:empty { display: none; }
.hint { color: var(--soft); font-size: .875em; }
form { display: grid; gap: .75rem; margin: 0; }
label { display: grid; gap: .25rem; }
input {
  font: inherit; color: inherit; background: transparent; min-height: 2.75rem; padding: 0 .75rem;
  border: 1px solid var(--l); border-radius: calc(var(--r) / 2); width: 100%;
}
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
button {
  display: inline-flex; align-items: center; justify-content: center; gap: .5rem; min-height: 2.75rem; min-width: 2.75rem;
  padding: 0 1.125rem; font: inherit; font-weight: 600; color: var(--i); background: transparent;
  border: 1px solid var(--l); border-radius: 999px; cursor: pointer;
}
button.main { color: var(--on-a); background: var(--a); border-color: transparent; }
button.danger { color: #fff; background: var(--d); border-color: transparent; }
button.round { padding: 0; width: 2.75rem; }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--a); outline-offset: 2px; }
svg { width: 1.25rem; height: 1.25rem; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; flex: none; }
button:not([aria-pressed=false]) .off { display: none; }
[aria-pressed=false] { border-style: dashed; }
.stage { position: relative; aspect-ratio: 4/3; background: #0b0f0e; border-radius: calc(var(--r) / 2); overflow: hidden; }
.stage video { width: 100%; height: 100%; object-fit: contain; }
.stage .self { position: absolute; inset: auto .5rem .5rem auto; width: 28%; height: auto; border-radius: .5rem; transform: scaleX(-1); }
@media (forced-colors: active) { button { border-color: ButtonText; } }
`;
