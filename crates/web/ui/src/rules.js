// Follows an adoption to its end, and takes the text of rules from a file.

const PATIENCE = 1000

/** Asks the page again while something is under way, and shows how far it is. */
export function followAdoption() {
  const shown = document.querySelector('[data-poll]')
  if (!shown) return
  const parts = ['.nhsuk-lede-text', '.nhsuk-label']
  const look = async () => {
    try {
      const answer = await fetch(location.href)
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const now = page.querySelector('[data-poll]')
      // Done, failed, or signed out: the whole page says which.
      if (!now) return location.reload()
      for (const part of parts) shown.querySelector(part).textContent = now.querySelector(part).textContent
      for (const name of ['max', 'value']) {
        shown.querySelector('progress')[name] = now.querySelector('progress')[name]
      }
    } catch {
      // The server may be starting again; the page stays as it is until it answers.
    }
    setTimeout(look, PATIENCE)
  }
  setTimeout(look, PATIENCE)
}

/** Offers a file for each text that names a place for one, and goes to the line of a fault. */
export function addTextTools() {
  for (const place of document.querySelectorAll('[data-upload]')) {
    const text = document.getElementById(place.dataset.upload)
    place.removeAttribute('hidden')
    place.querySelector('input').addEventListener('change', async ({ target }) => {
      const [file] = target.files
      if (file) text.value = await file.text()
    })
  }
  for (const link of document.querySelectorAll('a[data-line]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault()
      const text = document.querySelector(link.hash)
      const lines = text.value.split('\n')
      const line = Number(link.dataset.line)
      const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
      text.focus()
      text.setSelectionRange(start, start + (lines[line - 1] ?? '').length)
      text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 5)
    })
  }
}
