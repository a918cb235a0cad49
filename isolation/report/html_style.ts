/** The page's style: one column of prose width, tables that scroll by themselves, light, dark and paper. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfaf8, #14161a); --card: light-dark(#ffffff, #1b1e24); --ink: light-dark(#1d2430, #e4e7ec);
  --soft: light-dark(#5c6675, #9aa4b2); --line: light-dark(#e3e0da, #2c313a); --accent: light-dark(#1f4e79, #8ab4e8);
  --good: light-dark(#1d6b45, #6fcf9c); --good-wash: light-dark(#e3f3ea, #17352a);
  --warn: light-dark(#8a5a00, #e8b964); --warn-wash: light-dark(#fbf0d9, #3a2e15);
  --bad: light-dark(#a3232f, #ff8f8f); --bad-wash: light-dark(#fbe6e6, #43191d);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header > div { max-width: 1080px; margin: 0 auto; padding: 0 28px; }
header { border-bottom: 1px solid var(--line); background: var(--card); padding: 34px 0 26px; }
header .eyebrow { color: var(--soft); font-size: 12px; letter-spacing: .09em; text-transform: uppercase; margin: 0 0 6px; }
h1 { font-size: 29px; line-height: 1.2; letter-spacing: -.015em; margin: 0; display: flex; gap: 14px; align-items: center; flex-wrap: wrap; }
h2 { font-size: 19px; letter-spacing: -.01em; margin: 44px 0 6px; }
h3 { font-size: 14px; margin: 26px 0 8px; font-family: var(--mono); font-weight: 600; }
p.lead { color: var(--soft); margin: 0 0 16px; max-width: 72ch; }
.verdict { font-size: 14px; font-weight: 600; padding: 4px 12px; border-radius: 99px; letter-spacing: 0; }
.clean { color: var(--good); background: var(--good-wash); } .dirty { color: var(--bad); background: var(--bad-wash); }
dl.facts { display: flex; flex-wrap: wrap; gap: 6px 30px; margin: 18px 0 0; }
dl.facts div { min-width: 0; } dl.facts dt { color: var(--soft); font-size: 12px; } dl.facts dd { margin: 0; font-weight: 500; overflow-wrap: anywhere; }
nav { position: sticky; top: 0; background: color-mix(in srgb, var(--paper) 92%, transparent); backdrop-filter: blur(6px); border-bottom: 1px solid var(--line); z-index: 3; }
nav ul { max-width: 1080px; margin: 0 auto; padding: 9px 28px; display: flex; gap: 22px; list-style: none; overflow-x: auto; }
nav a { color: var(--soft); text-decoration: none; font-size: 13.5px; white-space: nowrap; } nav a:hover { color: var(--accent); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); gap: 12px; margin: 26px 0 4px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 13px 16px; }
.tile b { display: block; font-size: 25px; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.tile span { color: var(--soft); font-size: 12.5px; } .tile.bad b { color: var(--bad); } .tile.good b { color: var(--good); }
.card { background: var(--card); border: 1px solid var(--line); border-left: 3px solid var(--line); border-radius: 10px; padding: 14px 18px; margin: 10px 0; break-inside: avoid; }
.card.critical, .card.high { border-left-color: var(--bad); } .card.medium { border-left-color: var(--warn); } .card.low { border-left-color: var(--accent); }
.card h4 { margin: 0 0 4px; font-size: 14.5px; display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; }
.card p { margin: 4px 0; } .card .mend { font-family: var(--mono); font-size: 12.8px; background: var(--paper); border-radius: 6px; padding: 7px 10px; overflow-wrap: anywhere; }
.card small, .soft { color: var(--soft); }
.chip { font: 600 11.5px/1 var(--mono); padding: 4px 7px; border-radius: 5px; background: var(--paper); border: 1px solid var(--line); white-space: nowrap; }
.chip.critical, .chip.high { color: var(--bad); background: var(--bad-wash); border-color: transparent; }
.chip.medium { color: var(--warn); background: var(--warn-wash); border-color: transparent; }
code, .mono { font-family: var(--mono); font-size: .87em; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; } th, td { padding: 8px 14px; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; font-size: 12px; color: var(--soft); font-weight: 600; background: color-mix(in srgb, var(--paper) 60%, var(--card)); }
tbody th { font: 500 13px/1.5 var(--mono); } td.num { font-variant-numeric: tabular-nums; white-space: nowrap; }
h2.minor { font-size: 15px; color: var(--soft); margin-top: 34px; } .matrix thead th:first-child { width: 36%; } .matrix td { white-space: nowrap; } .matrix thead th { font-family: var(--mono); font-weight: 500; white-space: nowrap; }
.matrix thead small { display: block; font-family: system-ui, sans-serif; font-weight: 400; }
.cell { display: inline-flex; gap: 3px; } .cell i { font: 600 11px/19px var(--mono); font-style: normal; width: 19px; height: 19px; border-radius: 4px; text-align: center; color: var(--line); }
.cell i.own { background: var(--good-wash); color: var(--good); } .cell i.all { background: var(--warn-wash); color: var(--warn); }
.cell i.leak { background: var(--bad); color: var(--card); }
.cell i.some { text-decoration: underline dotted; text-underline-offset: 3px; }
.legend { display: flex; gap: 18px; flex-wrap: wrap; font-size: 13px; color: var(--soft); margin: 0 0 14px; align-items: center; }
.legend span { display: inline-flex; gap: 7px; align-items: center; }
.policy { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 6px 28px; padding: 13px 18px; border-top: 1px solid var(--line); break-inside: avoid; }
.policy:first-child { border-top: 0; } .policy .head { grid-column: 1 / -1; display: flex; gap: 9px; align-items: baseline; flex-wrap: wrap; }
.policy p { margin: 0; } .policy .text { font: 12.4px/1.6 var(--mono); color: var(--soft); overflow-wrap: anywhere; }
.policy .text b { color: var(--ink); font-weight: 600; }
ul.checks { list-style: none; padding: 0; margin: 0; columns: 2; column-gap: 34px; font-size: 13.8px; } ul.checks li { break-inside: avoid; padding: 4px 0; display: flex; gap: 10px; }
ul.checks .mark { width: 1.1em; font-weight: 700; } .pass { color: var(--good); } .fail { color: var(--bad); } .unreliable { color: var(--warn); }
ul.checks .id { font: 600 12px/22px var(--mono); width: 2.6em; flex: none; color: var(--soft); }
details summary { cursor: pointer; color: var(--accent); font-size: 13.5px; margin: 8px 0; }
footer { max-width: 1080px; margin: 48px auto 60px; padding: 18px 28px 0; color: var(--soft); font-size: 12.8px; border-top: 1px solid var(--line); }
@media (max-width: 720px) { .policy { grid-template-columns: minmax(0, 1fr); } ul.checks { columns: 1; } h1 { font-size: 24px; } main, header > div, nav ul { padding-left: 18px; padding-right: 18px; } }
@media print {
  :root { color-scheme: light; --paper: #fff; } body { font-size: 10.5pt; } nav { display: none; } header { padding-top: 0; } main { max-width: none; padding: 0; }
  header > div, footer { max-width: none; padding-left: 0; padding-right: 0; } .scroll { overflow: visible; } h2 { break-after: avoid; } h3 { break-after: avoid; } tr { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } @page { margin: 16mm 14mm; }
}
`;
