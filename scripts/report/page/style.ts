/** The page's style sheet. Every pair of text and ground has a contrast of at least 4.5 to 1, light and dark. */
export const style = `
:root {
    color-scheme: light;
    --ground: #fdfcfa; --ink: #1c1b19; --soft: #5d5a54; --rule: #e0dcd3;
    --good: #1a6b3c; --bad: #ae231c; --unsure: #865500; --data: #3c5f86;
}
@media screen and (prefers-color-scheme: dark) {
    :root {
        color-scheme: dark;
        --ground: #161719; --ink: #ebe8e2; --soft: #a9a59c; --rule: #34353a;
        --good: #74c793; --bad: #ff8d82; --unsure: #e6b455; --data: #8fb4de;
    }
}
* { box-sizing: border-box; }
body {
    margin: 0 auto; padding: clamp(1.5rem, 5vw, 4rem) clamp(1rem, 5vw, 3rem); max-width: 68rem;
    background: var(--ground); color: var(--ink); overflow-wrap: break-word;
    font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
    font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
}
h1, h2, .value { font-family: ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, "Liberation Serif", serif; font-weight: 500; }
h1 { margin: 0.1em 0 0.15em; font-size: clamp(3.5rem, 12vw, 6rem); line-height: 1; letter-spacing: -0.025em; color: var(--good); }
.failed h1 { color: var(--bad); }
h2 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.2; }
h3 { margin: 0 0 0.5rem; font-size: 1rem; line-height: 1.3; }
p { margin: 0 0 0.75rem; max-width: 44rem; }
section { margin-top: 3.5rem; }
small, .over, caption, figcaption, footer { color: var(--soft); font-size: 0.875rem; }
.over { margin: 0; }
.lead { margin: 0; max-width: 40rem; font-size: 1.25rem; line-height: 1.4; }
.id, .text, figcaption, .lead { overflow-wrap: anywhere; }
.id, code, pre, td.txid { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.875em; }
pre { margin: 0 0 0.75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 2rem 2.5rem; margin: 0; }
.figure dt { font-weight: 600; font-size: 0.9375rem; }
.figure dd { margin: 0; color: var(--soft); font-size: 0.875rem; }
.figure dd strong { font-weight: 600; color: var(--ink); }
.figure .value { margin: 0.1rem 0 0.5rem; font-size: 2.5rem; line-height: 1.1; color: var(--ink); }
.figure.missed .value, .figure.missed strong { color: var(--bad); }
.figure .gauge { margin-bottom: 0.5rem; line-height: 0; }
.gauge svg { width: 100%; display: block; }
.track { fill: var(--rule); } .fill { fill: var(--good); } .missed .fill { fill: var(--bad); }

.failure table { width: auto; min-width: 60%; }
.failure { margin: 0 0 2rem; padding: 0 0 0 1.25rem; border-left: 3px solid var(--bad); }
.failure.unsure { border-left-color: var(--unsure); }
.remedy { overflow-wrap: anywhere; }

table { width: 100%; border-collapse: collapse; font-size: 0.9375rem; }
caption { text-align: left; padding-bottom: 0.5rem; }
th, td { padding: 0.4rem 1.25rem 0.4rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 400; font-size: 0.875rem; }
tbody th { font-weight: 400; }
.number { text-align: right; white-space: nowrap; }
thead .number { white-space: normal; } thead th { vertical-align: bottom; }
.state { color: var(--soft); }
.checks .state { width: 7rem; }
.state.passed { color: var(--good); } .state.failed, strong.failed { color: var(--bad); font-weight: 600; }
.state.inconclusive, .state.lost-within-rpo { color: var(--unsure); font-weight: 600; }
.told > * { border-bottom: 0; padding-bottom: 0; }
td.txid { color: var(--soft); }
.id { min-width: 6.5rem; }

.timeline th, .timeline td { border: 0; padding-block: 0.2rem; vertical-align: middle; }
.timeline th { width: 8rem; } .timeline td.number { width: 7rem; white-space: normal; }
.span svg { width: 100%; height: 12px; display: block; overflow: visible; }
.phase { fill: var(--soft); stroke: var(--soft); opacity: 0.7; } .phase.good { fill: var(--good); stroke: var(--good); opacity: 1; } .phase.bad { fill: var(--bad); stroke: var(--bad); opacity: 1; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2.5rem 3rem; margin-bottom: 1.5rem; }
figure { margin: 0; min-width: 0; }
.plot { display: block; margin: 0.75rem 1.25rem 0.5rem 3.25rem; width: calc(100% - 4.5rem); overflow: visible; font-size: 0.75rem; }
.plot text { fill: var(--soft); } .plot .note { fill: var(--ink); }
.grid line { stroke: var(--rule); } .axis, .ticks line { stroke: var(--soft); }
.dot { fill: var(--data); fill-opacity: 0.55; } .bar { fill: var(--data); } .plot .bad { fill: var(--bad); }
.target { stroke: var(--ink); stroke-dasharray: 3 3; }

footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
footer p { max-width: none; overflow-wrap: anywhere; }

@media screen and (max-width: 40rem) {
    .lead { font-size: 1.125rem; }
    section { margin-top: 2.75rem; }
    th, td { padding-right: 0.75rem; }
    .databases .txid { display: none; }
    .databases, .failure table { font-size: 0.8125rem; }
    .databases th, .databases td { padding-right: 0.5rem; } .databases .number { white-space: normal; }
    .id { min-width: 4.5rem; }
    .failure { padding-left: 0.75rem; }
    .checks .state { width: 5.5rem; }
    .timeline th { width: 6.5rem; } .timeline td.number { width: 5.5rem; }
    .figures { grid-template-columns: 1fr 1fr; gap: 1.75rem 1.25rem; }
    .figure .value { font-size: 2rem; }
}
@media print {
    @page { margin: 16mm 15mm; }
    body { max-width: none; padding: 0; font-size: 10pt; }
    h1 { font-size: 48pt; }
    section { margin-top: 9mm; }
    h2, h3, caption { break-after: avoid; }
    tr, figure, .figure, .failure { break-inside: avoid; } #databases { break-before: page; } .told { break-after: avoid; }
    .figures { grid-template-columns: repeat(4, 1fr); gap: 6mm; } .figure .value { font-size: 20pt; }
    .charts { grid-template-columns: 1fr 1fr; }
    table { font-size: 9pt; } th, td { padding-block: 0.8mm; }
}
`;
