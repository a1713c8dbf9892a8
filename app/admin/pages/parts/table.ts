import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Markup | string | number;
  /** `main` names the row; `number` is set in figures of one width, at the right. */
  readonly kind?: "main" | "number";
}

/**
 * A table that becomes a list of cards on a phone. The roles stay what they are when the style makes blocks of rows and cells, which browsers would otherwise take
 * as an end to being a table.
 */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  return html`<table class="cards" role="table">
<caption class="hidden">${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(({ head, kind }) => html`<th role="columnheader" scope="col"${kind === "number" ? html` class="n"` : ""}>${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => html`<tr role="row">${columns.map((column) => cell(column, row))}</tr>
`)}</tbody>
</table>`;
}

function cell<Row>({ head, cell: content, kind }: Column<Row>, row: Row): Markup {
  if (kind === "main") return html`<th role="rowheader" scope="row">${content(row)}</th>`;
  return html`<td role="cell" data-th="${head}"${kind === "number" ? html` class="n"` : ""}>${content(row)}</td>`;
}
