// Lets a key press the button that bears it: in every form with data-keys, buttons say theirs in data-key.
// The first press counts, since the page is about to change.
export function addAnswerKeys() {
  const buttons = new Map()
  for (const button of document.querySelectorAll('form[data-keys] button[data-key]')) {
    buttons.set(button.dataset.key, button)
  }
  if (buttons.size === 0) return
  for (const hint of document.querySelectorAll('[data-keys-hint]')) hint.hidden = false
  let pressed = false
  document.addEventListener('keydown', (event) => {
    if (pressed || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.target.closest('input:not([type=hidden]), select, textarea')) return
    const button = buttons.get(event.key.toLowerCase())
    if (!button) return
    event.preventDefault()
    pressed = true
    button.click()
  })
  // Coming back by the browser's own button shows this page again, as it was.
  window.addEventListener('pageshow', () => {
    pressed = false
  })
}
