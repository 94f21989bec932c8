import { lstatSync } from 'node:fs';
import { pathsOfKey } from '../../../clients/filesystem/entries.ts';
import { passFence } from '../../../clients/filesystem/fences.ts';
import type { Fence, ObjectId } from '../contract.ts';
import { noObject } from '../validate.ts';
import { findObject, placeObject, removeObjects } from './filesystem-objects.ts';
import { changeContainer, type Place } from './filesystem-place.ts';

/**
 * Gives the file of an object another name: nothing is copied, and at no moment are there two. Only under the lock.
 * @param temporary gives paths
 */
export function moveObject(
  place: Place,
  source: ObjectId,
  target: ObjectId,
  version: string,
  fence: Fence | undefined,
  temporary: () => string,
): Promise<void> {
  return changeContainer(place, source.container, (from) =>
    changeContainer(place, target.container, async (to) => {
      const path = pathsOfKey(from, source.name)[0];
      const info = findObject(from, source.name);
      if (path === undefined || info === undefined) throw noObject(source);
      await passFence(from.meta, source.name, fence, temporary());
      await passFence(to.meta, target.name, fence, temporary());
      const stats = lstatSync(path, { bigint: true });
      const { contentType } = info;
      await placeObject(to, target.name, { path, stats, version, contentType }, temporary());
      await removeObjects(from, [source.name]);
    }),
  );
}
