import type { DoctorItem } from '../contract.js';

export const ok = (name: string, detail: string): DoctorItem => ({ name, status: 'ok', detail });
export const warning = (name: string, detail: string, cure: string): DoctorItem => ({ name, status: 'warning', detail, cure });
export const problem = (name: string, detail: string, cure: string): DoctorItem => ({ name, status: 'problem', detail, cure });
