/* first.cpp - one `new` that reaches the page allocator: session 1 of docs/debugging.
 *
 * A Picture is larger than what the heap has committed, so `new` goes down to the kernel.  The
 * kernel only promises pages; the constructor's store brings the first one.
 */
struct Picture {
    char pixels[40000];
    Picture()
    {
        pixels[20000] = 'x';
    }
};

int main()
{
    Picture *picture = new Picture;
    char seen = picture->pixels[20000];
    delete picture;
    return seen == 'x' ? 0 : 1;
}
