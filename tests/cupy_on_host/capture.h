// What a stream does while it is captured: nothing, but that its work is noted, to be done at each
// launch of the graph. One stream at a time is captured.
#pragma once

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct Work {
    void (*run)(void* with);
    void* with;
    struct Work* next;
} Work;
typedef struct {
    Work *first, *last;
    int users;  // the graph itself, and what was made of it
} Graph;

static intptr_t captured_stream = 0;
static int spoilt = 0;
static Graph* captured = 0;

static int capturing(intptr_t stream) { return captured && stream == captured_stream; }

// Do it now, or note it for later; what it is done with is kept.
static void work(intptr_t stream, void (*run)(void*), const void* with, size_t size) {
    if (!capturing(stream)) {
        run((void*)with);
        return;
    }
    Work* new = calloc(1, sizeof(Work));
    new->run = run, new->with = malloc(size);
    memcpy(new->with, with, size);
    if (captured->last) captured->last->next = new;
    else captured->first = new;
    captured->last = new;
}

// What waits for a stream cannot be captured, and spoils the capture.
static PyObject* wait(intptr_t stream) {
    if (capturing(stream)) {
        spoilt = 1;
        PyErr_SetString(PyExc_RuntimeError,
                        "cudaErrorStreamCaptureUnsupported: operation not permitted when stream is "
                        "capturing");
        return 0;
    }
    Py_RETURN_NONE;
}
