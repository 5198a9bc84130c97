// @ts-check

/**
 * On a narrow screen each row of a list is a card (admin.css): what a cell is called is then said in the cell.
 * @param {HTMLTableElement} table
 */
export function labelCells(table) {
  const names = [...table.querySelectorAll("thead th")].map((head) => head.querySelector(".text")?.textContent?.trim() ?? "");
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.children].forEach((cell, index) => {
      if (cell instanceof HTMLTableCellElement && cell.tagName === "TD" && !cell.matches(".action-checkbox")) {
        cell.dataset.label = names[index];
      }
    });
  }
}
