"use strict";
// Sorts the table of findings by the column whose heading is pressed; a second press turns the order round.
for (const heading of document.querySelectorAll("th[data-sort]")) {
  heading.querySelector("button").addEventListener("click", () => {
    const table = heading.closest("table");
    const position = Array.from(heading.parentNode.children).indexOf(heading);
    const down = heading.getAttribute("aria-sort") === "ascending";
    const numeric = heading.dataset.sort === "number";
    const severity = ["blocks", "warns", "informs"];
    const key = (row) => {
      const text = row.cells[position].textContent;
      if (numeric) return text === "" ? -1 : Number(text);
      return severity.includes(text) ? String(severity.indexOf(text)) : text;
    };
    const compare = (a, b) => numeric ? a.key - b.key : a.key.localeCompare(b.key, undefined, {numeric: true});
    const rows = Array.from(table.tBodies[0].rows, (row) => ({row, key: key(row)}));
    rows.sort((a, b) => down ? compare(b, a) : compare(a, b));
    for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map((each) => each.row));
  });
}
