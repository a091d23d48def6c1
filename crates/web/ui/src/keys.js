// Keys of a page: one letter each, never while typing or with Ctrl, Alt or Meta, listed in a dialog, and
// turned off there by whose own tools type letters (WCAG 2.2, 2.1.4).

const OFF = 'waterline-keys-off'

/** `commands` gives each key what it does. Enter only counts where nothing else has the focus. */
export function addKeys({ dialog, opener, commands }) {
  const use = dialog.querySelector('[data-use-keys]')
  let off = localStorage.getItem(OFF) !== null
  const show = () => {
    use.checked = !off
    document.body.classList.toggle('wl-keys-off', off)
  }
  use.addEventListener('change', () => {
    off = !use.checked
    if (off) localStorage.setItem(OFF, 'yes')
    else localStorage.removeItem(OFF)
    show()
  })
  show()
  if (opener) {
    opener.hidden = false
    opener.addEventListener('click', () => dialog.showModal())
  }
  const all = { ...commands, '?': () => dialog.showModal() }
  document.addEventListener('keydown', (event) => {
    if (off || dialog.open || event.defaultPrevented || event.isComposing) return
    if (event.ctrlKey || event.altKey || event.metaKey || takesText(event.target)) return
    if (event.key === 'Enter' && event.target.closest('a, button, input, summary')) return
    if (!Object.hasOwn(all, event.key)) return
    event.preventDefault()
    all[event.key]()
  })
}

function takesText(element) {
  return element.matches('textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])')
}
