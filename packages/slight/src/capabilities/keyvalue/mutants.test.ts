import { testMutants } from '../../../test/suites.ts';
import { memory } from './backends/memory.ts';
import { keyValueConformance } from './conformance.ts';
import { makeMutant, makeMutants } from './mutants.ts';

testMutants(keyValueConformance, makeMutant(memory, 'healthy', { breaks: [] }), makeMutants(memory));
