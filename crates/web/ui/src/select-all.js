// Adds a "select all" box to the head of each table that asks for one with data-select-all="name of the
// boxes", and says how many are ticked in the element that data-count names.
export function addSelectAll() {
  for (const table of document.querySelectorAll('table[data-select-all]')) {
    const boxes = [...table.querySelectorAll(`input[type=checkbox][name="${table.dataset.selectAll}"]`)]
    const all = table.querySelector('input[data-all]')
    if (!all || boxes.length === 0) continue
    const count = document.getElementById(table.dataset.count)
    const show = () => {
      const ticked = boxes.filter((box) => box.checked).length
      all.checked = ticked === boxes.length
      all.indeterminate = ticked > 0 && ticked < boxes.length
      if (count) count.textContent = ticked === 1 ? '1 item selected' : `${ticked} items selected`
    }
    all.closest('[hidden]')?.removeAttribute('hidden')
    all.addEventListener('change', () => {
      for (const box of boxes) box.checked = all.checked
      show()
    })
    for (const box of boxes) box.addEventListener('change', show)
    show()
  }
}
