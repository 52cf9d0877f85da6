/**
 * The services' HTTP interface as the commands use it. Problem details become sentences for the terminal, and a
 * service that is not there becomes the advice to start it.
 */
@NullMarked
package io.knowledgebase.local.client;

import org.jspecify.annotations.NullMarked;
