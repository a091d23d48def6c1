// How many were tagged since the first one, in this tab. Kept by the browser alone; nobody else sees it.

const KEPT = 'waterline-session'
const ON_THE_WAY = 'waterline-on-the-way'

export class Session {
  constructor(element) {
    this.element = element
    this.kept = JSON.parse(sessionStorage.getItem(KEPT) ?? '{"tagged":0}')
  }

  add(items) {
    this.kept.since ??= Date.now()
    this.kept.tagged = Math.max(0, this.kept.tagged + items)
    sessionStorage.setItem(KEPT, JSON.stringify(this.kept))
    this.show()
  }

  show() {
    if (!this.element || this.kept.since === undefined) return
    const minutes = Math.floor((Date.now() - this.kept.since) / 60_000)
    const time = minutes === 0 ? 'under a minute' : minutes === 1 ? '1 minute' : `${minutes} minutes`
    this.element.textContent = `${this.kept.tagged.toLocaleString('en-GB')} tagged in this session, ${time}`
    this.element.hidden = false
  }

  /** The next page goes on where this one ends. */
  leave() {
    sessionStorage.setItem(ON_THE_WAY, 'yes')
  }

  comesFromThePageBefore() {
    const comes = sessionStorage.getItem(ON_THE_WAY) !== null
    sessionStorage.removeItem(ON_THE_WAY)
    return comes
  }
}
