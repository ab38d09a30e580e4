// The pages of a person besides their calls: where they go, and what they do there.
import { expect, type Locator } from '@playwright/test';
import type { Person } from './person.ts';

export type Place = 'home' | 'contacts' | 'history' | 'settings';

/** Presses one of the four, as anybody would. */
export async function goTo(person: Person, place: Place): Promise<void> {
  const link = person.page.getByTestId(`nav-${place}`);
  await link.click();
  await expect(link).toHaveAttribute('aria-current', 'page');
}

/** Opens one part of the settings. */
export async function openSection(person: Person, section: string): Promise<void> {
  await goTo(person, 'settings');
  await person.page.getByTestId(`section-${section}`).click();
}

/** Adds somebody by name in the contacts. */
export async function addContact(person: Person, name: string): Promise<void> {
  await goTo(person, 'contacts');
  await person.page.getByTestId('contact-search').fill(name);
  await person.page.getByTestId('contact-add').click();
  await expect(contact(person, name)).toBeVisible();
}

export function contact(person: Person, name: string): Locator {
  return person.page.locator(`[data-testid="contact"][data-peer="${name}"]`);
}

/** What one does about a contact behind the three dots of their line. */
export async function doTo(person: Person, name: string, action: string): Promise<void> {
  const line = contact(person, name);
  const more = line.getByTestId('person-more');
  if ((await more.getAttribute('aria-expanded')) !== 'true') await more.click();
  await line.getByTestId(`person-${action}`).click();
}
