/* floating.c - what the recording of the x87 and SSE registers is of: a function that returns a
 * double in ST(0), and a vector doubled in XMM3. */
static volatile double three = 3.0, quarter = 0.25;
static float vector[4] = {1, 2, 3, 4};

__attribute__((noinline)) static double add(double a, double b)
{
    return a * 2 + b;
}

__attribute__((noinline, target("sse2"))) static void doubled(const float *values)
{
    __asm__ volatile("movups (%0), %%xmm3\n\taddps %%xmm3, %%xmm3" ::"r"(values)
                     : "xmm3");
}

int main(void)
{
    const int right = add(three, quarter) == 6.25;
    doubled(vector);
    return right ? 0 : 1;
}
