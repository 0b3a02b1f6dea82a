// The functions of CUDA's runtime and driver that CuPy calls, on the host: memory is malloc's, what
// is launched has ended when the call returns, and there are two devices. A stream that is captured
// does nothing; its graph does, at each launch.
//
// CuPy's modules call each other through tables of C functions (Cython's __pyx_capi__). Those named
// runtime_* and driver_* here take the places of the functions of that name; the last argument of
// each is Cython's own.

#include <dlfcn.h>

#include "capture.h"
#include "cublaslt.c"

typedef PyObject* Object;
static int current_device = 0;
static intptr_t last_id = 1000;  // of streams and events

// ------------------------------------------------------------------------------ devices

Object runtime__ensure_context(void) { Py_RETURN_NONE; }
int runtime_driverGetVersion(int skip) { return 13000; }
int runtime_runtimeGetVersion(int skip) { return 13000; }
int runtime__getCUDAMajorVersion(int skip) { return 13; }
int runtime_getDeviceCount(int skip) { return 2; }
int runtime_getDevice(int skip) { return current_device; }
Object runtime_setDevice(int device, int skip) {
    current_device = device;
    Py_RETURN_NONE;
}
int runtime_deviceGetAttribute(int attribute, int device, int skip) {
    switch (attribute) {
        case 75: return 9;      // the compute capability, 9.0
        case 76: return 0;
        case 1: return 1024;    // threads a block
        case 8: return 49152;   // bytes of shared memory a block
        case 10: return 32;     // threads a warp
        case 16: return 132;    // multiprocessors
        case 115: return 0;     // no memory pools of the driver's own
    }
    return 1;
}
Object runtime_getDeviceProperties(int device, int skip) {
    return Py_BuildValue("{s:y,s:n,s:i,s:i,s:i,s:i,s:i,s:n}", "name", "the host", "totalGlobalMem",
                         (Py_ssize_t)1 << 37, "major", 9, "minor", 0, "multiProcessorCount", 132,
                         "warpSize", 32, "maxThreadsPerBlock", 1024, "sharedMemPerBlock",
                         (Py_ssize_t)49152);
}
int runtime_deviceCanAccessPeer(int device, int peer, int skip) { return 1; }
Object runtime_deviceEnablePeerAccess(int peer, int skip) { Py_RETURN_NONE; }
Object runtime__deviceEnsurePeerAccess(int peer, int skip) { Py_RETURN_NONE; }
Object runtime_deviceSynchronize(int skip) { return wait(captured_stream); }

// ------------------------------------------------------------------------------- memory

static intptr_t allocate(size_t size) {
    void* memory = aligned_alloc(512, (size + 1023) / 512 * 512);
    memset(memory, 0xFF, size);  // NaN, so that nobody relies on zeros
    return (intptr_t)memory;
}
static Object release(intptr_t memory) {
    free((void*)memory);
    Py_RETURN_NONE;
}
static Object copy(intptr_t to, intptr_t from, size_t size) {
    memmove((void*)to, (void*)from, size);
    Py_RETURN_NONE;
}
static Object set(intptr_t memory, int value, size_t size) {
    memset((void*)memory, value, size);
    Py_RETURN_NONE;
}
Object runtime_memGetInfo(int skip) {
    return Py_BuildValue("nn", (Py_ssize_t)1 << 36, (Py_ssize_t)1 << 37);
}
int runtime_pointerGetMemoryType(intptr_t memory, int skip) { return 0; }
intptr_t runtime_malloc(size_t size, int skip) { return allocate(size); }
intptr_t runtime_mallocAsync(size_t size, intptr_t stream, int skip) { return allocate(size); }
intptr_t runtime_hostAlloc(size_t size, unsigned flags, int skip) { return allocate(size); }
Object runtime_free(intptr_t memory, int skip) { return release(memory); }
Object runtime_freeAsync(intptr_t memory, intptr_t stream, int skip) { return release(memory); }
Object runtime_freeHost(intptr_t memory, int skip) { return release(memory); }
Object runtime_memcpy(intptr_t to, intptr_t from, size_t size, int kind, int skip) {
    return copy(to, from, size);
}
typedef struct {
    intptr_t to, from;
    size_t size;
    int value;
} Move;
static void do_copy(void* with) {
    const Move* m = with;
    memmove((void*)m->to, (void*)m->from, m->size);
}
static void do_set(void* with) {
    const Move* m = with;
    memset((void*)m->to, m->value, m->size);
}
Object runtime_memcpyAsync(intptr_t to, intptr_t from, size_t size, int kind, intptr_t stream,
                           int skip) {
    const Move move = {to, from, size};
    work(stream, do_copy, &move, sizeof move);
    Py_RETURN_NONE;
}
Object runtime_memcpyPeer(intptr_t to, int a, intptr_t from, int b, size_t size, int skip) {
    return copy(to, from, size);
}
Object runtime_memcpyPeerAsync(intptr_t to, int a, intptr_t from, int b, size_t size,
                               intptr_t stream, int skip) {
    return copy(to, from, size);
}
Object runtime_memset(intptr_t memory, int value, size_t size, int skip) {
    return set(memory, value, size);
}
Object runtime_memsetAsync(intptr_t memory, int value, size_t size, intptr_t stream, int skip) {
    const Move move = {memory, 0, size, value};
    work(stream, do_set, &move, sizeof move);
    Py_RETURN_NONE;
}

// ------------------------------------------------------------------- streams and events

intptr_t runtime_streamCreate(int skip) { return ++last_id; }
intptr_t runtime_streamCreateWithFlags(unsigned flags, int skip) { return ++last_id; }
intptr_t runtime_streamCreateWithPriority(unsigned flags, int p, int skip) { return ++last_id; }
Object runtime_streamDestroy(intptr_t stream, int skip) { Py_RETURN_NONE; }
Object runtime_streamSynchronize(intptr_t stream, int skip) { return wait(stream); }
Object runtime_streamQuery(intptr_t stream, int skip) { return wait(stream); }
Object runtime_streamWaitEvent(intptr_t s, intptr_t e, int skip, void* more) { Py_RETURN_NONE; }
intptr_t runtime_eventCreate(int skip) { return ++last_id; }
intptr_t runtime_eventCreateWithFlags(unsigned flags, int skip) { return ++last_id; }
Object runtime_eventDestroy(intptr_t event, int skip) { Py_RETURN_NONE; }
Object runtime_eventRecord(intptr_t event, intptr_t stream, int skip) { Py_RETURN_NONE; }
Object runtime_eventQuery(intptr_t event, int skip) { Py_RETURN_NONE; }
Object runtime_eventSynchronize(intptr_t event, int skip) { Py_RETURN_NONE; }
float runtime_eventElapsedTime(intptr_t start, intptr_t end, int skip) { return 20.0f; }

// ------------------------------------------------------------------------------- graphs

int runtime_streamIsCapturing(intptr_t stream, int skip) { return capturing(stream); }
Object runtime_streamBeginCapture(intptr_t stream, int skip, void* more) {
    if (captured) {
        PyErr_SetString(PyExc_RuntimeError, "a stream is captured already");
        return 0;
    }
    captured_stream = stream, captured = calloc(1, sizeof(Graph)), captured->users = 1, spoilt = 0;
    Py_RETURN_NONE;
}
intptr_t runtime_streamEndCapture(intptr_t stream, int skip) {
    Graph* graph = captured;
    if (!capturing(stream) || spoilt) {
        if (capturing(stream)) captured = 0;
        PyErr_SetString(PyExc_RuntimeError, "cudaErrorStreamCaptureInvalidated");
        return 0;
    }
    captured = 0;
    return (intptr_t)graph;
}
intptr_t runtime_graphInstantiate(intptr_t graph, int skip) {
    ((Graph*)graph)->users++;
    return graph;
}
static Object let_go(Graph* graph) {
    if (--graph->users == 0) {
        for (Work* w = graph->first; w;) {
            Work* next = w->next;
            free(w->with), free(w);
            w = next;
        }
        free(graph);
    }
    Py_RETURN_NONE;
}
Object runtime_graphDestroy(intptr_t graph, int skip) { return let_go((Graph*)graph); }
Object runtime_graphExecDestroy(intptr_t graph, int skip) { return let_go((Graph*)graph); }
Object runtime_graphUpload(intptr_t graph, intptr_t stream, int skip) { Py_RETURN_NONE; }
Object runtime_graphLaunch(intptr_t graph, intptr_t stream, int skip) {
    if (capturing(stream)) {
        PyErr_SetString(PyExc_RuntimeError, "a graph inside a graph");
        return 0;
    }
    for (Work* w = ((Graph*)graph)->first; w; w = w->next) w->run(w->with);
    Py_RETURN_NONE;
}

// ------------------------------------------------------------------------------ kernels

typedef struct {
    void (*launch)(const unsigned* grid, const unsigned* block, void** given);
    void** (*copy)(void** given);
} Kernel;
typedef struct {
    const Kernel* kernel;
    unsigned grid[3], block[3];
    void** given;
} Launch;
static void do_launch(void* with) {
    const Launch* l = with;
    l->kernel->launch(l->grid, l->block, l->given);
}

intptr_t driver_moduleLoadData(Object path, int skip) {
    void* library = dlopen(PyBytes_AsString(path), RTLD_NOW | RTLD_LOCAL);
    if (!library) PyErr_SetString(PyExc_RuntimeError, dlerror());
    return (intptr_t)library;
}
Object driver_moduleUnload(intptr_t library, int skip) { Py_RETURN_NONE; }
intptr_t driver_moduleGetFunction(intptr_t library, Object name, int skip) {
    char symbol[4096];
    snprintf(symbol, sizeof symbol, "launch_%s", PyUnicode_AsUTF8(name));
    Kernel* kernel = calloc(1, sizeof(Kernel));
    kernel->launch = dlsym((void*)library, symbol);
    snprintf(symbol, sizeof symbol, "copy_%s", PyUnicode_AsUTF8(name));
    kernel->copy = dlsym((void*)library, symbol);
    if (!kernel->launch || !kernel->copy) {
        PyErr_Format(PyExc_RuntimeError, "no kernel %s", symbol);
        return 0;
    }
    return (intptr_t)kernel;
}
Object driver_launchKernel(intptr_t function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                           unsigned by, unsigned bz, unsigned shared, intptr_t stream,
                           intptr_t arguments, intptr_t extra, int skip) {
    const Kernel* kernel = (const Kernel*)function;
    Launch it = {kernel, {gx, gy, gz}, {bx, by, bz}, (void**)arguments};
    if (bx * by * bz > 1024) {
        PyErr_SetString(PyExc_RuntimeError, "a block of more than 1024 threads");
        return 0;
    }
    if (capturing(stream)) it.given = kernel->copy(it.given);  // which end with this call
    work(stream, do_launch, &it, sizeof it);
    Py_RETURN_NONE;
}
int driver_funcGetAttribute(int attribute, intptr_t function, int skip) {
    return attribute == 0 ? 1024 : 0;
}
Object driver_funcSetAttribute(intptr_t f, int attribute, int value, int skip) { Py_RETURN_NONE; }
int driver_occupancyMaxActiveBlocksPerMultiprocessor(intptr_t f, int threads, size_t shared,
                                                     int skip) {
    return 8;
}
Object driver_occupancyMaxPotentialBlockSize(intptr_t f, size_t shared, int limit, int skip) {
    return Py_BuildValue("ii", 132, 256);
}
intptr_t driver_ctxGetCurrent(int skip) { return 1; }
