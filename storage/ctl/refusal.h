/*
 * What an error of Redis means for somebody who runs simgatectl. Any thread.
 */
#ifndef SIMGATE_STORAGE_CTL_REFUSAL_H
#define SIMGATE_STORAGE_CTL_REFUSAL_H

/* An explanation, or NULL where the error has to speak for itself. */
const char *refusal_explain(const char *error);

#endif
