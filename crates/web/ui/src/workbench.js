// The workbench by keyboard, and without waiting: a tag is sent behind the scenes and its card folds away
// at once, but what could not be sent comes back with the reason. Everything here is also a form.
import { addKeys } from './keys.js'
import { ask } from './ask.js'
import { Session } from './session.js'

export function addWorkbench() {
  const form = document.querySelector('form[data-workbench]')
  if (document.getElementById('keys')) {
    const bench = form && new Bench(form)
    addKeys({
      dialog: document.getElementById('keys'),
      opener: document.querySelector('[data-help]'),
      commands: { ...pageCommands(), ...bench?.commands() },
    })
    bench?.begin()
  }
}

function pageCommands() {
  const follow = (selector) => () => document.querySelector(selector)?.click()
  return {
    '/': () => document.getElementById('text')?.focus(),
    n: follow('[data-next]'),
    u: () => document.querySelector('form.wl-undo:not([data-too]) button')?.click(),
    s: follow('[data-too] button'),
  }
}

class Bench {
  constructor(form) {
    this.form = form
    this.cards = [...form.querySelectorAll('[data-card]')]
    this.session = new Session(document.querySelector('[data-session]'))
    this.status = document.querySelector('[data-status]')
    this.alert = document.querySelector('[data-alert]')
    this.told = document.querySelector('[data-told]')
    this.next = document.querySelector('[data-next]')
    this.paletteName = form.querySelector('[data-palette-name]')
    this.groups = document.getElementById('palette-groups')
    this.toggle = form.querySelector('[data-palette-toggle]')
    this.sending = Promise.resolve()
    this.waiting = 0
    this.actions = []
  }

  begin() {
    this.form.addEventListener('submit', (event) => this.submit(event))
    for (const card of this.cards) {
      card.addEventListener('focusin', () => this.makeCurrent(card))
      card.addEventListener('click', (event) => {
        if (!event.target.closest('a, button, input, label')) this.goTo(card)
      })
      card.querySelector('.wl-box').addEventListener('change', () => this.showTarget())
    }
    window.addEventListener('beforeunload', (event) => {
      if (this.waiting > 0) event.preventDefault()
    })
    this.next?.addEventListener('click', (event) => {
      event.preventDefault()
      this.sending.then(() => this.goOn())
    })
    this.toggle.hidden = false
    this.toggle.addEventListener('click', () => this.openPalette(this.groups.hasAttribute('data-shut')))
    this.openPalette(false)
    this.makeCurrent(this.open()[0])
    if (this.session.comesFromThePageBefore()) this.goTo(this.current)
    this.session.show()
  }

  commands() {
    const commands = {
      j: () => this.move(1),
      ArrowDown: () => this.move(1),
      k: () => this.move(-1),
      ArrowUp: () => this.move(-1),
      x: () => this.select(),
      u: () => this.undo(),
      s: () => this.tagAlike(),
      r: () => this.current?.querySelector('[data-rule]').click(),
      Enter: () => this.accept(),
    }
    for (const button of this.form.querySelectorAll('[data-key]')) {
      commands[button.dataset.key] = () => this.tag(this.chosen(), button.value, nameOf(button))
    }
    return commands
  }

  /** Cards that wait for a tag. */
  open() {
    return this.cards.filter((card) => !card.hasAttribute('data-folded'))
  }

  ticked() {
    return this.open().filter((card) => card.querySelector('.wl-box').checked)
  }

  /** What a category goes to: all that is ticked, else the card one is at. */
  chosen() {
    const ticked = this.ticked()
    if (ticked.length > 0) return ticked
    return this.current ? [this.current] : []
  }

  makeCurrent(card) {
    if (card?.hasAttribute('data-folded')) return
    this.current?.removeAttribute('aria-current')
    this.current = card
    card?.setAttribute('aria-current', 'true')
    this.showTarget()
  }

  goTo(card) {
    this.makeCurrent(card)
    if (!card) return
    card.focus({ preventScroll: true })
    card.scrollIntoView({ block: 'nearest' })
  }

  move(by) {
    const open = this.open()
    const at = open.indexOf(this.current)
    const to = open[Math.min(Math.max(at + by, 0), open.length - 1)]
    if (to) this.goTo(to)
    if (at === open.length - 1 && by > 0) this.say(this.next ? 'Last item on this page. n goes on.' : 'Last item.')
  }

  select() {
    const box = this.current?.querySelector('.wl-box')
    if (!box) return
    box.checked = !box.checked
    this.showTarget()
    this.say(box.checked ? `${this.ticked().length} selected` : 'Not selected')
  }

  /** Says on the palette what a category would go to, and marks the one that the machine suggests. */
  showTarget() {
    const ticked = this.ticked()
    const one = ticked.length > 0 ? undefined : this.current
    const what = ticked.length > 0 ? `${items(ticked.length)} selected` : one ? referenceOf(one) : 'nothing'
    this.paletteName.textContent = `Tag ${what} as`
    this.toggle.textContent = this.groups.hasAttribute('data-shut') ? `Tag ${what} as…` : 'Close'
    for (const button of this.form.querySelectorAll('.wl-choose')) {
      button.toggleAttribute('data-suggested', button.value === one?.dataset.suggestion)
    }
  }

  openPalette(open) {
    this.groups.toggleAttribute('data-shut', !open)
    this.toggle.setAttribute('aria-expanded', String(open))
    this.showTarget()
  }

  accept() {
    const button = this.current?.querySelector('.wl-accept')
    if (button) this.submitter(button)
    else this.say('The machine suggests nothing here. Choose a category.')
  }

  submit(event) {
    if (!event.submitter) return
    event.preventDefault()
    this.submitter(event.submitter)
  }

  submitter(button) {
    if (button.name === 'accept') {
      const category = button.value.split(':')[1]
      const choice = this.form.querySelector(`.wl-choose[value="${category}"]`)
      this.tag([button.closest('[data-card]')], category, nameOf(choice))
    } else {
      this.tag(this.chosen(), button.value, nameOf(button))
    }
  }

  /** Folds the cards and sends the tag. Comes back with them if it could not be sent. */
  tag(cards, category, name) {
    if (cards.length === 0) return
    const forward = this.after(cards)
    for (const card of cards) fold(card, `Tagged as “${name}”`)
    this.goTo(forward)
    this.openPalette(false)
    const action = { cards, category, name, items: cards.length }
    this.actions.push(action)
    const seen = Math.max(...cards.map((card) => Number(card.dataset.seen ?? this.form.elements.seen.value)))
    const fields = [...cards.map((card) => ['item', card.dataset.card]), ['as', category], ['seen', seen]]
    this.send('/tag', fields, action, (answer) => {
      action.alike = answer.alike
      const what = cards.length === 1 ? referenceOf(cards[0]) : items(cards.length)
      this.tell(`Tagged ${what} as “${name}”.`, action)
    })
  }

  /** Gives all that is like the last one tagged the same tag, as one action. */
  tagAlike() {
    this.sending.then(() => {
      const last = this.actions.at(-1)
      if (!last?.alike) {
        const offered = this.actions.length === 0 && document.querySelector('[data-too] button')
        if (offered) offered.click()
        else this.say('Tag an item first; s then tags all like it the same.')
        return
      }
      const like = last.cards[0]
      const expected = last.alike
      const cards = this.open().filter((card) => like.dataset.likeness && card.dataset.likeness === like.dataset.likeness)
      const forward = cards.includes(this.current) ? this.after(cards) : this.current
      for (const card of cards) fold(card, `Tagged as “${last.name}”`)
      this.goTo(forward)
      const action = { cards, category: last.category, name: last.name, items: expected }
      last.alike = 0
      this.actions.push(action)
      const fields = [['filter', `like=${like.dataset.card}`], ['as', last.category], ['expected', expected]]
      this.send('/tag/matching', fields, action, () => {
        this.tell(`Tagged ${items(expected)} like ${referenceOf(like)} as “${last.name}”.`, action)
      })
    })
  }

  undo() {
    const action = this.actions.pop()
    if (!action) {
      const form = document.querySelector('form.wl-undo:not([data-too]) button')
      if (form) form.click()
      else this.say('There is nothing to undo.')
      return
    }
    this.inTurn(async () => {
      if (!action.number) return
      try {
        const answer = await ask(this.form, '/tag/undo', [['action', action.number]])
        for (const card of action.cards) unfold(card)
        this.session.add(-action.items)
        this.tell(`${answer.said}.`)
        if (action.cards.length > 0) this.goTo(action.cards[0])
      } catch (problem) {
        this.actions.push(action)
        this.complain('Not undone.', problem)
      }
    })
  }

  send(address, fields, action, then) {
    this.inTurn(async () => {
      try {
        const answer = await ask(this.form, address, fields)
        action.number = answer.action
        this.session.add(answer.items)
        then(answer)
      } catch (problem) {
        this.actions = this.actions.filter((other) => other !== action)
        for (const card of action.cards) {
          unfold(card, problem.message)
          // Now they know; the next tag is meant.
          if (problem.seen) card.dataset.seen = problem.seen
        }
        const what = action.cards.length === 1 ? referenceOf(action.cards[0]) : items(action.items)
        this.complain(`${what} not tagged.`, problem, action.cards.length > 0)
        if (action.cards.length > 0) this.goTo(action.cards[0])
      }
    })
  }

  /** One request at a time, in order: an undo must find what it undoes. */
  inTurn(work) {
    this.waiting += 1
    this.sending = this.sending.then(work).then(() => {
      this.waiting -= 1
      if (this.waiting === 0 && this.open().length === 0) this.goOn()
    })
  }

  /** The card to go to once these are folded. */
  after(cards) {
    const last = this.cards.indexOf(cards.at(-1))
    const rest = this.open().filter((card) => !cards.includes(card))
    return rest.find((card) => this.cards.indexOf(card) > last) ?? rest[0]
  }

  /** To the next page, which then tells what was done last and offers to undo it. */
  goOn() {
    this.session.leave()
    const address = new URL(this.next?.href ?? location.pathname + location.search, location.href)
    const last = this.actions.at(-1)
    for (const name of ['tagged', 'undone', 'as', 'of', 'missing']) address.searchParams.delete(name)
    if (last) {
      address.searchParams.set('tagged', last.items)
      address.searchParams.set('as', last.category)
      if (last.alike) address.searchParams.set('of', last.cards[0].dataset.card)
    }
    location.assign(address)
  }

  /** In sight and aloud. */
  tell(words, action) {
    const offer = action?.alike ? ` ${action.alike === 1 ? '1 other is' : `${action.alike} others are`} like it.` : ''
    this.say(words + offer)
    this.show(words)
    if (action) this.told.append(button('Undo', 'u', () => this.undo()))
    if (action?.alike) {
      const others = action.alike === 1 ? 'the 1 other' : `the ${action.alike} others`
      this.told.append(button(`Tag ${others} like it too`, 's', () => this.tagAlike()))
    }
  }

  show(words) {
    this.told.hidden = false
    this.told.removeAttribute('data-problem')
    // In sight wherever the page is scrolled to.
    this.told.setAttribute('data-floats', '')
    this.told.replaceChildren(paragraph(words))
  }

  say(words) {
    this.status.textContent = words
  }

  complain(what, problem, onACard) {
    const words = `${what} ${problem.message}`
    this.alert.textContent = words
    this.show(words)
    this.told.setAttribute('data-problem', '')
    // A card says it itself.
    this.told.hidden = onACard && !problem.stale
    if (problem.stale) {
      const again = document.createElement('a')
      again.href = location.href
      again.textContent = 'Load this page again'
      this.told.append(again)
    }
  }
}

function fold(card, words) {
  card.setAttribute('data-folded', '')
  card.removeAttribute('aria-current')
  card.querySelector('.wl-box').checked = false
  card.querySelector('.wl-item__problem')?.remove()
  const done = card.querySelector('[data-done]')
  done.textContent = words
  done.hidden = false
}

function unfold(card, problem) {
  card.removeAttribute('data-folded')
  card.querySelector('[data-done]').hidden = true
  if (!problem) return
  const told = paragraph(problem)
  told.className = 'wl-item__problem'
  card.append(told)
}

function referenceOf(card) {
  return card.querySelector('.wl-item__reference').textContent
}

function nameOf(button) {
  return button.querySelector('span').textContent
}

function items(count) {
  return count === 1 ? '1 item' : `${count.toLocaleString('en-GB')} items`
}

function paragraph(words) {
  const element = document.createElement('p')
  element.textContent = words
  return element
}

function button(words, key, act) {
  const element = document.createElement('button')
  element.type = 'button'
  element.className = 'wl-one'
  const shown = document.createElement('kbd')
  shown.textContent = key
  element.append(`${words} `, shown)
  element.addEventListener('click', act)
  return element
}
