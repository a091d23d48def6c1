// Lets a key press the button that bears it: those of the forms with data-keys, which say theirs in
// data-key. The first press counts, since the page is about to change.
import { addKeys } from './keys.js'

export function addAnswerKeys() {
  const dialog = document.getElementById('answer-keys')
  if (!dialog) return
  let pressed = false
  const press = (button) => () => {
    if (pressed) return
    pressed = true
    button.click()
  }
  const buttons = [...document.querySelectorAll('form[data-keys] button[data-key]')]
  const commands = Object.fromEntries(buttons.map((button) => [button.dataset.key, press(button)]))
  addKeys({ dialog, opener: document.querySelector('[data-help]'), commands })
  // Coming back by the browser's own button shows this page again, as it was.
  window.addEventListener('pageshow', () => {
    pressed = false
  })
}
